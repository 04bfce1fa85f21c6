"""The model of a recording, against what is recorded, without Qt."""

import threading

import numpy as np
import pytest

pytest.importorskip("napari", reason="the extra 'viewer' is not installed")

from skyrmlive.napari_plugin.recordings.frame_loader import FrameLoader
from skyrmlive.napari_plugin.recordings.recorded_run import RecordedRun, track_changes
from skyrmlive.napari_plugin.recordings.recorded_traces import RecordedTraces

PATIENCE_S = 60


def test_opening_reads_no_frame(made_recording):
    run = RecordedRun(made_recording)
    assert len(run) == 12
    assert run.images.n_read == 0


def test_history_is_that_of_the_summaries(recorded, made_recording):
    history, engines = RecordedRun(made_recording).read_history()
    summaries = recorded.summaries()
    assert history.column("frame").tolist() == list(range(12))
    for name in ("n_skyrmions", "mean_diameter_nm", "field_mt"):
        expected = [getattr(summary, name) for summary in summaries]
        np.testing.assert_allclose(history.column(name), np.array(expected, float))
    assert engines == [summaries[0].engine]


def test_births_and_deaths_balance_the_tracks(recorded, made_recording):
    changes = list(track_changes(made_recording))
    assert [change.frame for change in changes] == list(range(12))
    table = recorded.table()
    first = table.groupby("particle")["frame"].min()
    for change in changes[1:]:
        inside = table[(table.frame == change.frame) & ~table.touches_border & ~table.is_stripe]
        born = inside.particle[inside.particle >= 0].map(first) == change.frame
        assert change.births == int(born.sum())
    assert list(track_changes(made_recording, lambda: True)) == []


def test_a_track_is_read_from_disk(recorded, made_recording):
    table = recorded.table()
    particle = int(table[table.particle >= 0].groupby("particle").size().idxmax())
    ready = threading.Event()
    traces = RecordedTraces(made_recording, ready.set)
    assert not len(traces.of(particle, "nm")[0])
    assert ready.wait(PATIENCE_S)
    frames, sizes = traces.of(particle, "nm")
    expected = table[table.particle == particle]
    assert frames.tolist() == expected.frame.tolist()
    np.testing.assert_allclose(sizes, expected.diameter_nm)
    traces.clear()


def test_the_loader_reads_what_is_wanted_and_what_comes_next(recorded, made_recording):
    run = RecordedRun(made_recording)
    got, known, problems = threading.Event(), threading.Event(), []
    loader = FrameLoader(run, lambda *_: known.set(), got.set, problems.append)
    try:
        if loader.want(6) is None:
            assert got.wait(PATIENCE_S)
        frame = loader.want(6)
        assert frame is not None
        np.testing.assert_array_equal(frame.snapshot.pixels, recorded.frame(6).pixels)
        assert len(frame.snapshot.result.table) == len(recorded.result_table(6))
        assert known.is_set()
        waited = threading.Event()
        for _ in range(600):
            if loader.want(6) and run.images.n_read >= 5:
                break
            waited.wait(0.1)
        assert run.images.n_read >= 5  # those ahead
        assert not problems
    finally:
        loader.close()


def test_frames_without_a_result_say_why(half_analysed):
    run = RecordedRun(half_analysed)
    assert [run.frame(index).absent for index in range(4)] == [
        "",
        "It was not analysed.",
        "It could not be analysed: The image has no contrast.",
        "",
    ]
    assert len(run.frame(0).snapshot.result.table)
    assert not len(run.frame(1).snapshot.result.table)
