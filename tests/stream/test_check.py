"""Recordings whose files were damaged afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.recording import Recording, RunRecorder, check

N_FRAMES = 3


@pytest.fixture
def path(tmp_path, analyser, make_frame) -> Path:
    recorder = RunRecorder(tmp_path / "run")
    for i in range(N_FRAMES):
        frame = make_frame(i + 1, seq=i)
        recorder.append([(frame, 0.0)])
        recorder.append_result(i, analyser.analyse(frame, i, 0.0))
    recorder.close()
    return tmp_path / "run"


def with_a_flipped_bit(file: Path, step: int) -> Iterator[int]:
    """Damage `file` at one place after the other; yield each place while it is so."""
    sound = file.read_bytes()
    for place in range(0, len(sound), step):
        damaged = bytearray(sound)
        damaged[place] ^= 1 << place % 8
        file.write_bytes(damaged)
        yield place
    file.write_bytes(sound)


@pytest.mark.parametrize("chunk", ["0/c.1.0.0", "labels/skyrmions/0/c.1.0.0"])
def test_whatever_bit_of_an_image_flips_it_is_found(path: Path, chunk: str):
    for place in with_a_flipped_bit(path / chunk, step=23):
        problems = check(path)
        assert len(problems) == 1, place
        assert problems[0].startswith("Frame 1 of ")
    assert check(path) == []


def test_recordings_without_checksums_are_read(path: Path):
    expected = [frame.pixels for frame in Recording(path).frames()]
    description = path / "0/zarr.json"
    metadata = json.loads(description.read_text())
    assert metadata["codecs"].pop() == {"name": "crc32c"}
    description.write_text(json.dumps(metadata))
    for chunk in (path / "0").glob("c.*"):
        chunk.write_bytes(chunk.read_bytes()[:-4])
    assert np.array_equal([frame.pixels for frame in Recording(path).frames()], expected)
    assert check(path) == []


@pytest.mark.parametrize("name", ["results.arrows", "results.jsonl"])
def test_results_with_a_flipped_bit_are_read_or_refused_in_one_sentence(path: Path, name: str):
    for _ in with_a_flipped_bit(path / name, step=7):
        assert all(problem.endswith(".") for problem in check(path))


def test_a_table_that_is_damaged_takes_no_other_with_it(path: Path):
    table = path / "results.arrows"
    recording = Recording(path)
    places = recording._results._tables._places
    with table.open("r+b") as file:  # the count of rows, in the middle of the second one's head
        head = table.read_bytes()[places[1] : places[2]]
        file.seek(places[1] + head.index((2).to_bytes(8, "little")))
        file.write((2**40).to_bytes(8, "little"))
    assert check(path) == ["Frame 1 has 0 rows for 2 skyrmions."]
    assert [len(rows) for _, rows in Recording(path).tables()] == [1, 0, 3]
    with pytest.raises(UserError, match=r"rows of frame 1 .* cannot be read"):
        recording.result_table(1)


@pytest.mark.parametrize("line", ["{}", '{"frame": "one"}', "[]", "torn", "\0" * 4096])
def test_a_line_that_is_no_result_is_named_and_costs_no_other(path: Path, line: str):
    results = path / "results.jsonl"
    first, _, *others = results.read_text().splitlines()
    results.write_text("\n".join([first, line, *others, ""]))
    (problem,) = check(path)
    assert problem == f"Line 2 of {results} is damaged."
    recording = Recording(path)
    assert [summary.frame for summary in recording.summaries()] == [0, 2]
    assert [summary.frame for summary in recording.written_summaries()] == [0, 2]
    assert [frame for frame, _ in recording.tables()] == [0, 2]
    assert recording.summary(1) is None
