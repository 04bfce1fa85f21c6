from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import ALLOWED_DTYPES, Frame, FrameMetadata
from skyrmlive.stream.recording import Recording, RunRecorder, check


def record(path, frames, analyser=None) -> RunRecorder:
    recorder = RunRecorder(path)
    for i, frame in enumerate(frames):
        assert recorder.append([(frame, 1000.0 + i)]) == i
        if analyser is not None:
            recorder.append_result(i, analyser.analyse(frame, i, 1000.0 + i))
    recorder.close()
    return recorder


@pytest.mark.parametrize("dtype", ALLOWED_DTYPES)
def test_every_pixel_type_is_lossless(tmp_path, dtype: str):
    rng = np.random.default_rng(1)
    pixels = np.frombuffer(rng.bytes(8 * 5 * 7), dtype=dtype)[:35].reshape(5, 7)
    black = np.zeros((5, 7), dtype)
    record(tmp_path / "run", [Frame(pixels), Frame(black), Frame(-black)])
    recording = Recording(tmp_path / "run")
    for i, expected in enumerate([pixels, black, -black]):
        assert recording.frame(i).pixels.dtype == dtype
        assert recording.frame(i).pixels.tobytes() == expected.tobytes()


def test_frames_metadata_and_results_read_back(tmp_path, analyser, make_frame):
    frames = [make_frame(i % 20, seq=i, temperature_k=100.0 + i, mine=["é", i]) for i in range(70)]
    record(tmp_path / "run", frames, analyser)
    recording = Recording(tmp_path / "run")
    assert recording.closed
    assert len(recording) == 70
    assert [f.metadata for f in recording.frames()] == [f.metadata for f in frames]
    assert all(
        np.array_equal(a.pixels, b.pixels) for a, b in zip(recording.frames(), frames, strict=True)
    )
    assert recording.received_at(3) == 1003
    found = [analyser.analyse(frame, 0, 0).summary.n_skyrmions for frame in frames]
    assert [summary.n_skyrmions for summary in recording.summaries()] == found
    expected = analyser.analyse(frames[5], 5, 0)
    table = recording.table()
    rows = table[table["frame"] == 5].reset_index(drop=True)
    assert rows.drop(columns="particle").equals(expected.table.drop(columns="particle"))
    assert np.array_equal(recording.labels(5), expected.labels)
    assert check(tmp_path / "run") == []


def test_an_independent_reader_sees_an_ome_zarr_image_with_labels(tmp_path, analyser, make_frame):
    zarr = pytest.importorskip("zarr", minversion="3")
    frames = [make_frame(3, pixel_size_nm=2.5, timestamp=10 + 0.5 * i) for i in range(5)]
    record(tmp_path / "run", frames, analyser)
    group = zarr.open_group(tmp_path / "run", mode="r")
    ome = group.attrs["ome"]
    assert ome["version"] == "0.5"
    (multiscale,) = ome["multiscales"]
    assert multiscale["axes"] == [
        {"name": "t", "type": "time", "unit": "second"},
        {"name": "y", "type": "space", "unit": "nanometer"},
        {"name": "x", "type": "space", "unit": "nanometer"},
    ]
    (dataset,) = multiscale["datasets"]
    assert dataset["coordinateTransformations"] == [{"type": "scale", "scale": [0.5, 2.5, 2.5]}]
    image = group[dataset["path"]]
    assert image.metadata.dimension_names == ("t", "y", "x")
    assert np.array_equal(image[:], [f.pixels for f in frames])
    assert group["labels"].attrs["ome"]["labels"] == ["skyrmions"]
    label_image = group["labels/skyrmions"]
    assert label_image.attrs["ome"]["image-label"]["source"] == {"image": "../../"}
    assert label_image.attrs["ome"]["multiscales"][0]["axes"] == multiscale["axes"]
    assert label_image["0"].shape == image.shape
    assert label_image["0"].dtype == np.uint16
    assert label_image["0"][2].max() == 3


def test_without_a_pixel_size_no_unit_is_claimed(tmp_path, make_frame):
    record(tmp_path / "run", [make_frame()])
    ome = json.loads((tmp_path / "run/zarr.json").read_text())["attributes"]["ome"]
    assert ome["multiscales"][0]["axes"][1] == {"name": "y", "type": "space"}


def test_a_changing_camera_continues_in_a_second_recording(tmp_path, analyser, caplog, make_frame):
    small, large = make_frame(1), make_frame(2, size=(80, 96))
    recorder = record(tmp_path / "run.ome.zarr", [small, large, small], analyser)
    assert [p.name for p in recorder.paths] == ["run.ome.zarr", "run-2.ome.zarr"]
    assert "80" in caplog.text
    first, second = map(Recording, recorder.paths)
    assert (first.n_frames, second.n_frames) == (2, 1)
    assert [first.run_frame(0), first.run_frame(1), second.run_frame(0)] == [0, 2, 1]
    assert [s.frame for s in second.summaries()] == [0]
    assert [check(path) for path in recorder.paths] == [[], []]


def test_nothing_is_ever_overwritten(tmp_path, make_frame):
    record(tmp_path / "run", [make_frame()])
    with pytest.raises(UserError, match="never overwrites"):
        RunRecorder(tmp_path / "run")
    assert Recording(tmp_path / "run").n_frames == 1


def test_what_is_no_recording_is_said_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        Recording(tmp_path / "nothing")
    with pytest.raises(UserError, match=r"run\.json"):
        Recording(tmp_path)


def test_torn_ends_are_left_out_and_damage_is_found(tmp_path, analyser, make_frame):
    path = tmp_path / "run"
    record(path, [make_frame(i, seq=i) for i in range(1, 6)], analyser)
    index = (path / "frames.jsonl").read_bytes()
    (path / "frames.jsonl").write_bytes(index[:-10])
    results = (path / "results.arrows").read_bytes()
    summaries = (path / "results.jsonl").read_bytes().splitlines(keepends=True)
    (path / "results.jsonl").write_bytes(b"".join(summaries[:4]) + summaries[4][:-5])
    for cut in (len(results) - 9, len(results) - 300):
        (path / "results.arrows").write_bytes(results[:cut])
        recording = Recording(path)
        assert recording.n_frames == 4
        assert recording.frame(3).metadata.seq == 4
        assert recording.table()["frame"].max() == 3
        assert check(path) == []
    chunk = path / "0/c.2.0.0"
    chunk.write_bytes(chunk.read_bytes()[:50])
    (path / "0/c.1.0.0").unlink()
    problems = check(path)
    assert len(problems) == 2
    assert "Frame 1" in problems[0]
    assert "Frame 2" in problems[1]


_ENDLESS = """
import sys
import numpy as np
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.recording import RunRecorder
recorder = RunRecorder(sys.argv[1])
i = 0
while True:
    pixels = np.random.default_rng(i).integers(0, 65535, (128, 128), dtype=np.uint16)
    recorder.append([(Frame(pixels, FrameMetadata(seq=i)), float(i))])
    print(i, flush=True)
    i += 1
"""


def test_everything_acknowledged_survives_a_kill(tmp_path):
    path = tmp_path / "run"
    command = [sys.executable, "-c", _ENDLESS, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 75:  # beyond the first block of the array
                os.kill(process.pid, signal.SIGKILL)
                break
        acknowledged = max([75, *map(int, process.stdout.read().split("\n")[:-1])]) + 1
    recording = Recording(path)
    assert not recording.closed
    assert recording.n_frames >= acknowledged
    for i, frame in enumerate(recording.frames()):
        expected = np.random.default_rng(i).integers(0, 65535, (128, 128), dtype=np.uint16)
        assert np.array_equal(frame.pixels, expected)
        assert frame.metadata == FrameMetadata(seq=i)
    assert check(path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_reported(tmp_path, make_frame):
    recorder = RunRecorder(tmp_path / "run")
    recorder.append([(make_frame(), 0.0)])
    recorder.stop_waiting()
    with open("/dev/full", "wb") as full:
        os.dup2(full.fileno(), recorder._segments[0].frames._index._file._file.fileno())
        with pytest.raises(UserError, match="No space left"):
            recorder.append([(make_frame(), 1.0)])
    assert recorder.n_frames == 1
    assert Recording(tmp_path / "run").n_frames == 1


def test_two_runs_never_share_a_folder(tmp_path, make_frame):
    """Both were started before any frame came."""
    first = RunRecorder(tmp_path / "run")
    with pytest.raises(UserError, match="is being written"):
        RunRecorder(tmp_path / "run")
    first.append([(make_frame(), 0.0)])
    with pytest.raises(UserError, match="is not empty"):
        RunRecorder(tmp_path / "run")
    first.close()
    assert check(tmp_path / "run") == []
    assert not list((tmp_path / "run").glob("*.lock"))


def test_a_folder_that_a_killed_run_left_without_frames_is_free(tmp_path, make_frame):
    path = tmp_path / "run"
    path.mkdir()
    (path / "recording.lock").touch()
    recorder = RunRecorder(path)
    recorder.append([(make_frame(), 0.0)])
    recorder.close()
    assert Recording(path).n_frames == 1


def test_the_current_folder_has_a_second_recording_beside_it(tmp_path, make_frame, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    recorder = RunRecorder(".")
    recorder.append([(make_frame(size=(32, 32)), 0.0), (make_frame(size=(64, 64)), 0.0)])
    recorder.close()
    assert [path.name for path in recorder.paths] == ["here", "here-2"]
    assert [Recording(path).n_frames for path in recorder.paths] == [1, 1]
