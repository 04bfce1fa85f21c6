"""Parts of a frame show the frame, however it lies in the image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.inference.frame_parts import binned
from skyrmlive.inference.geometry import geometry_for
from skyrmlive.inference.part_places import MOST_PARTS, PART, PartPlaces
from skyrmlive.stream.frame import FrameMetadata

from .samples import CONDITION


def shares(height: int, width: int, axis_deg: float) -> tuple[np.ndarray, PartPlaces]:
    """Return how much of each part shows the frame."""
    known = FrameMetadata(pixel_size_nm=3.0, tilt_axis_deg=axis_deg, geometry="sample")
    geometry = geometry_for((height, width), known, CONDITION)
    inside = binned(geometry.view.inside.astype(np.float32))
    places = geometry.part_places
    return places.cut(inside).mean(axis=(1, 2)), places


@pytest.mark.parametrize("axis_deg", [20.0, 45.0, 326.0])
def test_a_large_turned_frame_has_whole_parts_all_over_it(axis_deg):
    found, places = shares(1500, 2000, axis_deg)
    assert places.shape == (PART, PART)
    assert len(found) == MOST_PARTS
    assert found.min() > 0.998
    assert np.ptp(places.corners, axis=0).min() > 400


def test_a_small_turned_frame_has_smaller_parts():
    found, places = shares(200, 200, 45.0)
    assert places.shape[0] < PART
    assert found.min() > 0.9


@given(st.integers(1, 400), st.integers(1, 400), st.floats(0, 360))
def test_there_is_a_part_in_any_frame(height, width, axis_deg):
    known = FrameMetadata(pixel_size_nm=3.0, tilt_axis_deg=axis_deg, geometry="sample")
    geometry = geometry_for((height, width), known, CONDITION)
    image = binned(np.ones(geometry.engine_shape, np.float32))
    cut = geometry.part_places.cut(image)
    assert 1 <= len(cut) <= MOST_PARTS
    assert cut.shape[1:] == geometry.part_places.shape


def test_without_a_frame_around_them_they_lie_side_by_side():
    places = PartPlaces.over((300, 128))
    np.testing.assert_array_equal(places.corners, [[0, 0], [128, 0]])
    assert places.shape == (128, 128)
