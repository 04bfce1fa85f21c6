"""Recordings that were cut short, and what becomes of them."""

from __future__ import annotations

import json
import os
import time

import pytest

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.recording import Recording, RunRecorder, check, repair, settle
from skyrmlive.stream.recording.arrays import set_length


@pytest.fixture
def cut_short(tmp_path, analyser, make_frame):
    """A run of six frames that was killed after five results, one of them torn."""
    path = tmp_path / "run"
    recorder = RunRecorder(path)
    frames = [make_frame(1 + i % 3, timestamp=100.0 + 2 * i, pixel_size_nm=3.0) for i in range(6)]
    recorder.append([(frame, 0.0) for frame in frames])
    for index, kind in ((0, "live"), (5, "live"), (1, "caught-up"), (2, "caught-up")):
        result = analyser.analyse(frames[index], index, 0.0, linked=kind == "live")
        result.summary.analysed = kind
        recorder.append_result(index, result)
    recorder.append_failure(3, "too dark")
    with (path / "frames.jsonl").open("ab") as file:
        file.write(b'{"frame": 6, "run_')
    with (path / "results.jsonl").open("ab") as file:
        file.write(b'{"frame"')
    with (path / "results.arrows").open("ab") as file:
        file.write(b"\xff\xff\xff\xff\x88\0\0\0\x14")
    return path


def long_ago(path) -> None:
    for name in ("frames.jsonl", "results.jsonl"):
        os.utime(path / name, (time.time() - 60,) * 2)


def in_order(frames, analyser):
    tracks = analyser.new_tracks()
    return [tracks.follow(analyser.analyse(frame, 0, 0.0).table).tolist() for frame in frames]


def test_a_recording_that_was_cut_short_becomes_a_whole_one(cut_short, analyser, make_frame):
    long_ago(cut_short)
    done = repair(cut_short, analyser.new_tracks())
    assert any("18 bytes" in sentence for sentence in done)
    assert any("6 frames" in sentence for sentence in done)
    recording = Recording(cut_short)
    assert recording.closed
    assert recording.settled
    assert check(cut_short) == []
    assert [summary.frame for summary in recording.summaries()] == [0, 1, 2, 5]
    assert recording.failures() == {3: "too dark"}
    frames = [recording.frame(index) for index in (0, 1, 2, 5)]
    tracks = [table["particle"].tolist() for _, table in recording.tables()]
    assert tracks == in_order(frames, analyser)
    image = json.loads((cut_short / "0/zarr.json").read_text())
    assert image["shape"][0] == 6
    scale = json.loads((cut_short / "zarr.json").read_text())["attributes"]["ome"]["multiscales"]
    assert scale[0]["datasets"][0]["coordinateTransformations"][0]["scale"] == [2.0, 3.0, 3.0]
    before = {path: path.read_bytes() for path in cut_short.rglob("*") if path.is_file()}
    assert repair(cut_short, analyser.new_tracks()) == []
    assert before == {path: path.read_bytes() for path in cut_short.rglob("*") if path.is_file()}


def test_a_table_that_a_power_cut_shortened_loses_those_results_alone(cut_short, analyser):
    table = (cut_short / "results.arrows").read_bytes()
    (cut_short / "results.arrows").write_bytes(table[:-400])
    long_ago(cut_short)
    assert check(cut_short) != []
    done = repair(cut_short, analyser.new_tracks())
    assert any("1 results that did not read back" in sentence for sentence in done)
    assert [summary.frame for summary in Recording(cut_short).summaries()] == [0, 1, 5]
    assert check(cut_short) == []


@pytest.mark.parametrize("whole_before", [False, True])
def test_a_damaged_line_loses_its_result_alone(cut_short, analyser, whole_before):
    if whole_before:
        long_ago(cut_short)
        repair(cut_short, analyser.new_tracks())
    results = cut_short / "results.jsonl"
    lines = results.read_text().splitlines(keepends=True)
    (damaged,) = (number for number, line in enumerate(lines) if '"frame": 1,' in line)
    lines[damaged] = "\0" * len(lines[damaged])  # and with it the end of the line
    results.write_text("".join(lines))
    long_ago(cut_short)
    assert any(f"Line {damaged + 1} of" in problem for problem in check(cut_short))
    done = repair(cut_short, analyser.new_tracks())
    assert any("1 results that did not read back" in sentence for sentence in done)
    assert [summary.frame for summary in Recording(cut_short).summaries()] == [0, 5]
    assert check(cut_short) == []


def test_a_run_that_wrote_just_now_is_not_touched(cut_short, analyser):
    with pytest.raises(UserError, match="seems to be written"):
        repair(cut_short, analyser.new_tracks())


def test_a_run_that_waits_for_frames_is_not_touched(tmp_path, analyser, make_frame):
    path = tmp_path / "run"
    recorder = RunRecorder(path)
    recorder.append([(make_frame(), 0.0)])
    os.utime(path / "frames.jsonl", (time.time() - 60,) * 2)
    with pytest.raises(UserError, match="is being written"):
        repair(path, analyser.new_tracks())
    recorder.append([(make_frame(), 1.0)])
    recorder.close()
    assert check(path) == []
    assert Recording(path).n_frames == 2


def test_an_array_that_is_too_short_for_its_frames_is_lengthened(cut_short, analyser):
    """As a repair of a running recording once left it."""
    long_ago(cut_short)
    repair(cut_short, analyser.new_tracks())
    set_length(cut_short / "0", 4)
    long_ago(cut_short)
    assert check(cut_short) != []
    assert repair(cut_short, analyser.new_tracks()) != []
    assert json.loads((cut_short / "0/zarr.json").read_text())["shape"][0] == 6


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("after", [1, 3])
def test_settling_that_is_cut_short_changes_nothing(cut_short, analyser, after):
    def stop(done: int, total: int) -> None:
        if done == after:
            raise Interrupted

    before = Recording(cut_short).table()
    with pytest.raises(Interrupted):
        settle(cut_short, analyser.new_tracks(), stop)
    assert Recording(cut_short).table().equals(before)
    assert not list(cut_short.glob("*.part"))


def test_a_sorted_table_beside_unsorted_lines_reads_back(cut_short, analyser):
    """The power goes between the two files that settling replaces."""
    lines = (cut_short / "results.jsonl").read_bytes()
    settle(cut_short, analyser.new_tracks())
    settled = Recording(cut_short).table()
    (cut_short / "results.jsonl").write_bytes(lines)
    assert Recording(cut_short).table().equals(settled)
    assert [summary.frame for summary in Recording(cut_short).summaries()] == [0, 1, 2, 5]
