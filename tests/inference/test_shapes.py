from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.inference.instances import find_instances
from skyrmlive.inference.pixels import Runs
from skyrmlive.inference.shapes import are_stripes
from skyrmlive.inference.view import View

SIDE = 96


def stripes_in(image: np.ndarray) -> list[bool]:
    """Say what is a stripe in a drawing, whose edge is the frame's; from top to bottom."""
    count, labels = cv2.connectedComponents(image.astype(np.uint8))
    cores, view = Runs.of(labels), View.whole(image.shape)
    cut = view.edge_lengths(cores, count - 1) > 0
    return are_stripes(cores, count - 1, cut, view).tolist()


def lines(*ways: list[tuple[int, int]], width: int = 12) -> np.ndarray:
    image = np.zeros((SIDE, SIDE), np.uint8)
    for way in ways:
        cv2.polylines(image, [np.array(way)], False, 1, width)
    return image


@given(x=st.floats(-14, SIDE + 14), y=st.floats(-14, SIDE + 14), radius=st.floats(4, 16))
def test_no_piece_of_a_disc_is_a_stripe(x: float, y: float, radius: float):
    yy, xx = np.mgrid[:SIDE, :SIDE]
    disc = (xx - x) ** 2 + (yy - y) ** 2 < radius**2
    # what is left of it may be narrower than a pixel's diagonal, in two pieces then
    assert not any(stripes_in(disc))


@pytest.mark.parametrize(
    "way",
    [
        [(10, 20), (80, 70)],
        [(48, 48), (48, 130)],
        [(-10, 40), (60, 60)],
        [(-20, 48), (120, 52)],
        [(-20, -20), (120, 120)],
        [(20, 120), (20, 30), (60, 30), (60, 120)],
    ],
    ids=["whole", "into the edge", "from the left", "across", "from corner to corner", "winding"],
)
def test_a_stripe_is_one_wherever_the_edge_cuts_it(way: list[tuple[int, int]]):
    assert stripes_in(lines(way)) == [True]


def test_where_nothing_but_stripes_is_in_view_none_is_a_skyrmion():
    labyrinth = lines(
        [(-20, 10), (50, 10), (120, 20)],
        [(20, 120), (20, 40), (80, 40), (120, 45)],
        [(50, 120), (50, 66), (120, 75)],
    )
    assert stripes_in(labyrinth) == [True, True, True]


def test_what_the_edge_cuts_is_held_against_skyrmions_where_there_are_some():
    along, into = lines([(10, 0), (80, 0)]), lines([(48, -10), (48, 18)], width=5)
    assert stripes_in(along) == [False]
    assert stripes_in(into) == [True]
    for image in (along, into):
        for x in (20, 48, 76):
            cv2.circle(image, (x, 60), 8, 1, -1)
    assert stripes_in(along) == [True, False, False, False]
    assert stripes_in(into) == [False, False, False, False]


def test_a_frame_that_was_turned_has_its_edge_where_it_is():
    """The edge of a resampled frame is wider, and runs aslant."""
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle), 60], [np.sin(angle), np.cos(angle), 10]])
    view = View.resampled((SIDE, SIDE), (150, 150), turn)
    image = lines([(48, 48), (48, 130)]).astype(np.float32)
    cv2.circle(image, (-2, 20), 10, 1, -1)  # a third of it is in view
    turned = cv2.warpAffine(image, turn, (150, 150))
    found = find_instances(turned, turned, view)
    cut = view.edge_lengths(found.cores, found.count) > 0
    stripes = are_stripes(found.cores, found.count, cut, view)
    assert sorted(stripes.tolist()) == [False, True]
