"""Marks drawn into one image of colour indices, and the thread that does it, without a window."""

import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyrmlive.napari_plugin import drawing
from skyrmlive.napari_plugin.colouring import BOND, CENTRE, FIVE, SEVEN, TAILS_BY_AGE
from skyrmlive.napari_plugin.drawing_thread import DrawingThread
from skyrmlive.napari_plugin.outlines import Outlines, to_fixed
from skyrmlive.napari_plugin.picture import Picture
from skyrmlive.napari_plugin.snapshot import Snapshot
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.stream.result import TABLE_DTYPES, FrameResult, ResultSummary, empty_table

SIDE = 96
PLACES = np.array([(24.0, 24.0), (24.0, 70.0), (70.0, 24.0), (70.0, 70.0)])  # y, x
RADIUS = 10


def discs(places, radius=RADIUS, side=SIDE):
    labels = np.zeros((side, side), np.uint16)
    for label, (y, x) in enumerate(places, 1):
        cv2.circle(labels, (round(x), round(y)), radius, label, -1)
    return labels


def picture(labels=None, tails=None, places=PLACES, shown=True, neighbours=(5, 6, 7, 6)):
    table = empty_table().reindex(range(len(places))).fillna(0)
    table["particle"] = table["label"] = np.arange(1, len(places) + 1)
    table["y"], table["x"] = places.T
    table["equivalent_diameter_area"], table["psi6_abs"] = 2 * RADIUS, 0.5
    table["n_neighbours"] = list(neighbours)[: len(places)]
    table["x_nm"] = table["y_nm"] = np.nan
    summary = ResultSummary(
        frame=0, height=SIDE, width=SIDE, n_skyrmions=len(places), received_at=0.0
    )
    result = FrameResult(summary, table.astype(TABLE_DTYPES), labels, FrameMetadata())
    return Picture(
        Snapshot.of(result, None),
        np.full(len(places), shown),
        np.arange(10, 10 + len(places), dtype=np.uint8),
        "track",
        np.empty((0, 4)) if tails is None else tails,
    )


def at(image, y, x):
    zoom = image.shape[0] // SIDE
    return image[round(zoom * (y + 0.5) - 0.5), round(zoom * (x + 0.5) - 0.5)]


@pytest.mark.parametrize(
    ("shape", "zoom"), [((2048, 2048), 1), ((1024, 700), 2), ((384, 512), 4), ((16, 16), 4)]
)
def test_small_frames_are_drawn_finer(shape, zoom):
    assert drawing.zoom_of(shape) == zoom
    assert drawing.zoom_of((9000, 10)) == 1


def test_an_outline_runs_along_the_border_of_its_label_and_nowhere_else():
    image = drawing.draw(picture(discs(PLACES)), {drawing.OUTLINES})
    assert image.shape == (4 * SIDE, 4 * SIDE)
    yx = (np.argwhere(image) + 0.5) / 4 - 0.5
    distance = np.linalg.norm(yx[:, None] - PLACES, axis=2)
    distances = distance.min(axis=1)
    assert abs(np.median(distances) - RADIUS) < 0.4
    assert (abs(distances - RADIUS) < 1.5).all()
    indices = image[image > 0]
    np.testing.assert_array_equal(indices, 10 + distance.argmin(axis=1))
    angle = np.arctan2(*(yx - PLACES[0])[distance.argmin(axis=1) == 0].T)
    assert np.diff(np.sort(angle)).max() < 0.1  # it is closed


def test_labels_that_touch_keep_an_outline_each():
    labels = np.zeros((SIDE, SIDE), np.uint16)
    labels[10:60, 10:40], labels[10:60, 40:80] = 300, 7
    outlines = Outlines.of(labels)
    assert sorted(outlines.labels.tolist()) == [7, 300]
    image, values = np.zeros((SIDE, SIDE), np.uint8), np.zeros(65536, np.uint8)
    values[[300, 7]] = 5, 9
    outlines.draw(image, 1, values)
    assert set(image[30, 36:45]) == {0, 5, 9}
    values[300] = 0
    again = np.zeros_like(image)
    outlines.draw(again, 1, values)
    assert set(np.unique(again)) == {0, 9}


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_any_label_image_can_be_traced(seed):
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(size=(64, 64)), (0, 0), rng.uniform(0.3, 6))
    _, labels = cv2.connectedComponents((noise > rng.normal() * noise.std()).astype(np.uint8))
    labels = labels.astype(np.uint16)
    outlines = Outlines.of(labels)
    assert set(outlines.labels.tolist()) == set(np.unique(labels).tolist()) - {0}
    assert len(outlines.starts) == len(outlines.labels)
    assert np.isfinite(outlines.points).all()
    assert ((outlines.points >= -0.5) & (outlines.points <= 63.5)).all()


def test_nothing_to_trace_and_labels_of_another_frame():
    assert not drawing.draw(picture(np.zeros((SIDE, SIDE), np.uint16)), drawing.PARTS[:2]).all()
    other = picture(discs(PLACES, side=200))
    assert not drawing.draw(other, {drawing.OUTLINES}).any()
    assert not drawing.draw(picture(None), {drawing.OUTLINES}).any()


def test_marks_are_where_their_skyrmions_are():
    image = drawing.draw(picture(), drawing.PARTS)
    assert [at(image, y, x) for y, x in PLACES] == [FIVE, CENTRE, SEVEN, CENTRE]
    bonds = drawing.draw(picture(), {drawing.BONDS})
    assert at(bonds, 24, 47) == at(bonds, 47, 24) == at(bonds, 70, 47) == BOND
    assert at(bonds, 10, 47) == 0
    assert not drawing.draw(picture(shown=False), {*drawing.PARTS} - {drawing.BONDS}).any()


def test_tails_fade_with_age_and_do_not_join_tracks():
    time_ = np.linspace(0, 1, 10)
    one = np.stack([np.full(10, 1.0), time_, np.full(10, 20.0), np.linspace(10, 80, 10)], axis=1)
    other = one + np.array([1.0, 0.0, 40.0, 0.0])
    tails = np.concatenate([one, other])[np.random.default_rng(0).permutation(20)]
    image = drawing.draw(picture(tails=tails, places=PLACES[:0]), {drawing.TAILS})
    assert [at(image, 20, x) for x in (15, 45, 79)] == list(TAILS_BY_AGE)
    assert all(at(image, 60, x) for x in range(10, 81))  # without a gap
    assert not image[4 * 25 : 4 * 55].any()


def test_the_middle_of_a_pixel_stays_its_middle():
    np.testing.assert_array_equal(to_fixed(np.array([0.0, 7.0]), 1), [0, 7 * 16])
    np.testing.assert_array_equal(to_fixed(np.array([0.0, 1.0]), 4), [1.5 * 16, 5.5 * 16])


def wait_for(thread, seconds=30.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done = thread.take()
        if done is not None:
            return done
        time.sleep(0.005)
    raise AssertionError("nothing was drawn")


def test_the_thread_draws_the_newest_that_waits():
    thread = DrawingThread()
    pictures = [picture(discs(PLACES)) for _ in range(5)]
    for each in pictures:
        thread.draw(each, {drawing.OUTLINES})
    assert thread.newest is pictures[-1]
    first, marks = wait_for(thread)
    assert first is pictures[0]
    np.testing.assert_array_equal(marks, drawing.draw(first, {drawing.OUTLINES}))
    assert wait_for(thread)[0] is pictures[-1]
    assert thread.take() is None
    assert thread.newest is None
    thread.draw(pictures[1], ())
    thread.forget()
    assert thread.take() is None
    thread.draw(pictures[2], ())
    assert wait_for(thread)[0] is pictures[2]
    thread.close()


def test_what_goes_wrong_in_the_thread_is_told():
    thread = DrawingThread()
    with_too_few_columns = picture(tails=np.zeros((3, 2)))
    thread.draw(with_too_few_columns, {drawing.TAILS})
    with pytest.raises(IndexError):
        wait_for(thread)
    thread.close()
