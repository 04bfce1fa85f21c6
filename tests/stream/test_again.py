"""New results of a recording, beside it and on its frames."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import Frame
from skyrmlive.stream.live import LiveRun
from skyrmlive.stream.recording import Recording, RunRecorder, check
from skyrmlive.stream.recording.again import NotingFailures, RecordingAgain, name_beside
from skyrmlive.stream.replay import RecordingSource

N_FRAMES = 4


@pytest.fixture
def recording(tmp_path, analyser, make_frame) -> Recording:
    """Four frames with results, in a recording that was never closed."""
    recorder = RunRecorder(tmp_path / "run.ome.zarr")
    for i in range(N_FRAMES):
        frame = make_frame(i + 1, seq=i, timestamp=10 + i / 3, pixel_size_nm=2.5)
        recorder.append([(frame, 1000.0 + i)])
        recorder.append_result(i, analyser.analyse(frame, i, 1000.0 + i))
    return Recording(tmp_path / "run.ome.zarr")


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def analyse_again(recording, analyser, path, n_frames=N_FRAMES):
    with RecordingAgain(recording, path) as again:
        for i in range(n_frames):
            again.append(analyser.analyse(recording.frame(i), i, recording.received_at(i)))
        again.finish()
    return Recording(path)


def test_it_is_a_whole_recording_that_shares_the_frames(recording, analyser, tmp_path):
    before = contents(recording.path)
    again = analyse_again(recording, analyser, tmp_path / "again.ome.zarr")
    assert contents(recording.path) == before
    assert (again.n_frames, again.closed, again.settled) == (N_FRAMES, True, True)
    for i in range(N_FRAMES):
        assert again.metadata(i) == recording.metadata(i)
        np.testing.assert_array_equal(again.frame(i).pixels, recording.frame(i).pixels)
        assert again.labels(i) is not None
    assert [summary.frame for summary in again.summaries()] == list(range(N_FRAMES))
    assert (again.path / "0" / "c.0.0.0").stat().st_nlink == 2
    assert check(again.path) == []


def test_a_frame_that_cannot_be_analysed_says_why(tmp_path, analyser, make_frame):
    recorder = RunRecorder(tmp_path / "run.ome.zarr")
    flat = Frame(np.zeros((64, 96), np.uint16))
    recorder.append([(frame, 0.0) for frame in (make_frame(1), flat, make_frame(2))])
    recorder.close()
    recording = Recording(tmp_path / "run.ome.zarr")
    with RecordingAgain(recording, tmp_path / "again.ome.zarr") as again:
        noting = NotingFailures(analyser, again)
        LiveRun(RecordingSource(recording), noting, on_result=again.append, replay=True).run()
        again.finish()
    other = Recording(again.path)
    assert other.failures() == {1: "The image has no contrast."}
    assert [summary.n_skyrmions for summary in other.summaries()] == [1, 2]
    assert check(other.path) == []


def test_removing_either_leaves_the_other(recording, analyser, tmp_path):
    again = analyse_again(recording, analyser, tmp_path / "again.ome.zarr")
    expected = [frame.pixels for frame in recording.frames()]
    shutil.rmtree(recording.path)
    np.testing.assert_array_equal([frame.pixels for frame in again.frames()], expected)


def test_without_links_frames_are_copied(recording, analyser, tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError("no links here")

    monkeypatch.setattr("os.link", refuse)
    again = analyse_again(recording, analyser, tmp_path / "again.ome.zarr")
    assert (again.path / "0" / "c.0.0.0").stat().st_nlink == 1
    np.testing.assert_array_equal(again.frame(2).pixels, recording.frame(2).pixels)


def test_what_is_not_finished_leaves_nothing(recording, analyser, tmp_path):
    with RecordingAgain(recording, tmp_path / "again.ome.zarr") as again:
        again.append(analyser.analyse(recording.frame(0), 0, 0.0))
    with pytest.raises(RuntimeError), RecordingAgain(recording, tmp_path / "again.ome.zarr"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == [recording.path]


def test_nothing_is_overwritten(recording, tmp_path):
    before = contents(recording.path)
    with pytest.raises(UserError, match="exists already"):
        RecordingAgain(recording, recording.path)
    (tmp_path / "new.ome.zarr.part").mkdir()
    with pytest.raises(UserError, match="left of an analysis"):
        RecordingAgain(recording, tmp_path / "new.ome.zarr")
    assert contents(recording.path) == before


def test_names_beside_are_free(recording, tmp_path):
    first = name_beside(recording.path, "other")
    assert first == tmp_path / "run-other.ome.zarr"
    first.mkdir()
    assert name_beside(recording.path, "other") == tmp_path / "run-other-2.ome.zarr"


def test_single_results_and_written_ones_are_those_of_the_whole(recording):
    summaries = recording.summaries()
    assert [recording.summary(i) for i in range(N_FRAMES)] == summaries
    assert list(recording.written_summaries()) == summaries
    for frame, table in recording.tables(["label", "x"]):
        assert table.equals(recording.result_table(frame)[["label", "x"]])
