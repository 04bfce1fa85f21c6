"""What the window will say and draw, without a window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.napari_plugin.history import History
from skyrmlive.napari_plugin.model import LiveModel, Status
from skyrmlive.napari_plugin.outlines import Outlines
from skyrmlive.napari_plugin.snapshot import Delivery, Mailbox, Snapshot
from skyrmlive.napari_plugin.tails import Tails
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.stream.result import TABLE_DTYPES, FrameResult, ResultSummary, empty_table

PIXELS = np.zeros((4, 6), np.uint16)
OUTLINES = Outlines.of(PIXELS)


def summary(frame, **values):
    defaults = {"received_at": 100.0 + frame, "height": 4, "width": 6, "n_skyrmions": 3}
    return ResultSummary(frame=frame, **{**defaults, **values})


def table(particles, labels=None, y=0.0, x=0.0):
    rows = empty_table().reindex(range(len(particles))).fillna(0)
    rows["particle"] = particles
    rows["label"] = labels if labels is not None else range(1, len(particles) + 1)
    rows["y"], rows["x"] = y, x
    return rows.astype(TABLE_DTYPES)


def snapshot(frame, *, particles=(), pixels=PIXELS, outlines=OUTLINES, **values):
    result = FrameResult(summary(frame, **values), table(particles), None, FrameMetadata())
    return Snapshot(result, pixels, outlines)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


# --- mailbox


def test_mailbox_keeps_the_newest_and_the_numbers_of_the_others():
    mailbox = Mailbox()
    assert mailbox.take() is None
    newest = snapshot(2)
    for item in (snapshot(0), snapshot(1), newest):
        mailbox.put(item)
    delivery = mailbox.take()
    assert delivery.newest is newest
    assert [passed.frame for passed in delivery.passed] == [0, 1]
    assert mailbox.take() is None


def test_a_frame_that_was_caught_up_replaces_no_newer_one():
    mailbox = Mailbox()
    mailbox.put(snapshot(9))
    mailbox.put(snapshot(3, analysed="caught-up"))
    delivery = mailbox.take()
    assert delivery.newest.result.summary.frame == 9
    assert [summary.frame for summary in delivery.passed] == [3]
    mailbox.put(snapshot(4, analysed="caught-up"))
    mailbox.put(snapshot(10))
    delivery = mailbox.take()
    assert delivery.newest.result.summary.frame == 10
    assert [summary.frame for summary in delivery.passed] == [4]


def test_mailbox_is_bounded():
    mailbox = Mailbox(remember=5)
    for frame in range(100):
        mailbox.put(snapshot(frame))
    assert [passed.frame for passed in mailbox.take().passed] == [94, 95, 96, 97, 98]


# --- outlines


def test_no_outlines_without_labels():
    assert Snapshot.of(snapshot(0).result, PIXELS).outlines is None


# --- history


@given(st.lists(st.integers(0, 50), max_size=80))
def test_history_is_sorted_and_keeps_the_last_word_on_each_frame(frames):
    history = History()
    for number, frame in enumerate(frames):
        history.add(summary(frame, n_skyrmions=number))
    last = {frame: number for number, frame in enumerate(frames)}
    assert history.column("frame").tolist() == sorted(last)
    assert history.column("n_skyrmions").tolist() == [last[frame] for frame in sorted(last)]


@given(st.permutations(range(40)), st.integers(1, 12))
def test_history_stays_below_its_limit_and_keeps_what_is_new(order, limit):
    history = History(limit=limit)
    for frame in order:
        history.add(summary(frame))
        assert len(history) <= limit
        assert (np.diff(history.column("frame")) > 0).all()
    assert history.column("frame")[-1] == 39 or order[-1] != 39


def test_history_grows_over_its_first_capacity():
    history = History()
    for frame in range(3000):
        history.add(summary(frame))
    np.testing.assert_array_equal(history.column("frame"), np.arange(3000))


def test_history_has_nan_where_a_frame_says_nothing():
    history = History()
    history.add(summary(0, field_mt=250.0, timestamp=5.0))
    history.add(summary(1, mean_diameter_nm=60.0, std_diameter_nm=4.0))
    np.testing.assert_array_equal(history.column("field_mt"), [250.0, np.nan])
    np.testing.assert_array_equal(history.column("mean_diameter_nm"), [np.nan, 60.0])
    np.testing.assert_array_equal(history.column("time_s"), [5.0, 101.0])  # else when received
    np.testing.assert_array_equal(history.column("temperature_k"), [np.nan, np.nan])


# --- tails


def test_tails_reach_back_over_the_window_and_end_now():
    tails = Tails(window=4)
    for frame in range(10):
        tails.add(frame, table([5, -1], y=float(frame), x=2.0))
    vertices = tails.vertices()
    assert vertices[:, 0].tolist() == [5.0] * 4  # not the one that is not linked
    assert vertices[:, 2].tolist() == [6.0, 7.0, 8.0, 9.0]
    np.testing.assert_allclose(vertices[:, 1], [0.25, 0.5, 0.75, 1])


def test_tails_fade_over_frames_that_were_not_drawn():
    tails = Tails(window=10)
    tails.add(0, table([1]))
    tails.add(5, table([1]))
    np.testing.assert_allclose(tails.vertices()[:, 1], [0.5, 1])
    tails.add(40, table([1]))
    assert len(tails.vertices()) == 1


def test_tails_become_shorter_in_dense_frames():
    tails = Tails(window=25, vertex_limit=1000)
    for frame in range(25):
        tails.add(frame, table(list(range(300))))
    assert len(tails.vertices()) == 900


def test_no_tails():
    tails = Tails()
    assert tails.vertices().shape == (0, 4)
    tails.add(0, table([]))
    assert tails.vertices().shape == (0, 4)


# --- model


def test_model_takes_in_the_numbers_of_frames_it_never_drew():
    model = LiveModel()
    model.add(Delivery(snapshot(4), tuple(summary(frame) for frame in range(4))), now=0.0)
    assert model.history.column("frame").tolist() == [0, 1, 2, 3, 4]
    assert model.newest.result.summary.frame == 4


def test_a_run_that_starts_again_clears_the_old_one():
    model = LiveModel()
    for frame in range(5):
        model.add(Delivery(snapshot(frame, particles=[1])), now=float(frame))
    model.add(Delivery(snapshot(1, particles=[1]), (summary(0),)), now=6.0)
    assert model.history.column("frame").tolist() == [0, 1]
    assert len(model.tails.vertices()) == 1


def test_a_frame_caught_up_later_belongs_to_the_curves_only():
    model = LiveModel()
    model.add(Delivery(snapshot(7)), now=0.0)
    model.add(Delivery(snapshot(3, analysed="caught-up")), now=1.0)
    assert model.history.column("frame").tolist() == [3, 7]
    assert model.newest.result.summary.frame == 7


def test_rate_counts_every_result():
    model = LiveModel()
    model.add(Delivery(snapshot(0)), now=10.0)
    assert model.rate_hz(10.0) is None
    model.add(Delivery(snapshot(5), tuple(summary(frame) for frame in range(1, 5))), now=10.5)
    model.add(Delivery(snapshot(10), tuple(summary(frame) for frame in range(6, 10))), now=11.0)
    assert model.rate_hz(11.0) == pytest.approx(10.0)
    assert model.rate_hz(20.0) is None


def test_status_tells_what_is_known():
    model = LiveModel()
    assert model.status(0.0) == Status()
    values = {
        "n_skyrmions": 312,
        "mean_diameter_nm": 62.08,
        "mean_diameter_low_nm": 57.51,
        "mean_diameter_high_nm": 67.04,
        "std_diameter_nm": 4.34,
        "pixel_size_nm": 3.0,
        "latency_ms": {"network": 60.0, "total": 84.4},
        "temperature_k": 290.0,
        "field_mt": 350.2,
        "warnings": ["The defocus is not what the engine was trained for."],
    }
    model.add(Delivery(snapshot(41)), now=0.0)
    model.add(Delivery(snapshot(42, **values)), now=0.1)
    status = model.status(0.1)
    assert status.headline == "312 skyrmions   62.1 nm (57.5 to 67.0)"
    details = "frame 42  ·  10.0 frames/s  ·  latency 84 ms  ·  290.0 K  ·  350 mT"
    assert plain(status.details) == details
    assert status.warnings == "The defocus is not what the engine was trained for."


def test_status_does_not_pretend():
    model = LiveModel()
    model.add(Delivery(snapshot(0, n_skyrmions=1, pixels=None, outlines=None)), now=0.0)
    status = model.status(12.0)
    assert status.headline == "1 skyrmion   size unknown without a pixel size"
    assert "no result for 12 s" in plain(status.details)
    assert "frames/s" not in plain(status.details)
    assert "picture" in status.warnings
    assert "no outlines" in status.warnings
