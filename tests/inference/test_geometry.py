from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skyrmlive.inference.geometry import geometry_for, reduced, tilt_of
from skyrmlive.stream.errors import FrameRejected
from skyrmlive.stream.frame import FrameMetadata

from .samples import CONDITION, blobs

POINTS = np.array([[40.3, 30.7], [150.2, 45.5], [95.0, 88.25], [30.0, 110.6], [165.4, 120.1]])


def _centroids(image: np.ndarray, near: np.ndarray, radius: float) -> np.ndarray:
    """Weighted centroids of the blobs around some points."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    found = []
    for px, py in near:
        weight = image * (np.hypot(x - px, y - py) < radius)
        found.append([(weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()])
    return np.array(found)


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"tilt_axis_deg": 33.0},
        {"tilt_axis_deg": 90.0},
        {"tilt_x_deg": 30.0},
        {"tilt_x_deg": -20.0, "tilt_axis_deg": -60.0},
        {"tilt_x_deg": 15.0, "tilt_y_deg": 25.0},
        {"pixel_size_nm": 1.7},
        {"pixel_size_nm": 1.0},
        {"pixel_size_nm": 5.5, "tilt_axis_deg": 200.0},
        {"pixel_size_nm": 1.3, "tilt_x_deg": 22.0, "tilt_axis_deg": 12.0},
    ],
)
def test_image_and_points_go_the_same_way(known):
    metadata = FrameMetadata(**known)
    geometry = geometry_for((150, 201), metadata, CONDITION)
    image = (blobs((150, 201), POINTS, 5.0) - 100).astype(np.float32)
    expected = geometry.engine_points(POINTS)
    scale = math.sqrt(abs(np.linalg.det(geometry.to_engine[:, :2])))
    there = geometry.engine_image(image)
    assert there.shape == geometry.engine_shape
    assert not any(side % CONDITION.size_multiple for side in there.shape)
    np.testing.assert_allclose(_centroids(there, expected, 22 * scale), expected, atol=0.05)
    np.testing.assert_allclose(geometry.camera_points(expected), POINTS, atol=1e-9)
    back = geometry.camera_image(there)
    assert back.shape == image.shape
    np.testing.assert_allclose(_centroids(back, POINTS, 22), POINTS, atol=0.05)


@settings(max_examples=30)
@given(axis=st.floats(-720, 720), tilt=st.floats(0, 70), pixel=st.floats(0.5, 9))
@example(axis=68.0, tilt=68.09375, pixel=0.5)  # an acute corner
def test_the_whole_frame_lies_inside(axis, tilt, pixel):
    metadata = FrameMetadata(tilt_axis_deg=axis, tilt_x_deg=tilt, pixel_size_nm=pixel)
    geometry = geometry_for((60, 90), metadata, CONDITION)
    corners = np.array([[-0.5, -0.5], [89.5, -0.5], [89.5, 59.5], [-0.5, 59.5]])
    mapped = geometry.engine_points(corners)
    height, width = geometry.content_shape
    assert (mapped >= -0.5 - 1e-6).all()
    assert (mapped[:, 0] <= width - 0.5 + 1e-6).all()
    assert (mapped[:, 1] <= height - 0.5 + 1e-6).all()
    if geometry.view.inside is not None:  # every camera pixel finds an engine pixel that counts
        marks = geometry.camera_image(geometry.view.inside.astype(np.uint16), nearest=True)
        assert marks.all()


def test_known_geometry_is_only_padded():
    metadata = FrameMetadata(pixel_size_nm=3.0, tilt_x_deg=20.0, geometry="sample")
    geometry = geometry_for((70, 64), metadata, CONDITION)
    image = np.random.default_rng(0).random((70, 64), np.float32)
    padded = geometry.engine_image(image)
    assert not geometry.resampled
    assert padded.shape == (96, 64)
    np.testing.assert_array_equal(padded[:70], image)
    np.testing.assert_array_equal(padded[70:], image[68:42:-1])


def test_foreshortening_is_undone_across_the_axis_only():
    along_y = FrameMetadata(pixel_size_nm=3.0, tilt_x_deg=60.0, tilt_axis_deg=90.0)
    geometry = geometry_for((100, 100), along_y, CONDITION)
    np.testing.assert_allclose(geometry.sample_nm, [[6, 0], [0, 3]], atol=1e-9)
    assert geometry.view_area_um2 == pytest.approx(100 * 100 * 18e-6)


def test_both_tilts_combine():
    tilt = tilt_of(FrameMetadata(tilt_x_deg=-30.0, tilt_axis_deg=10.0))
    assert tilt.tilt_deg == pytest.approx(30)
    assert tilt.axis_deg == pytest.approx(190)
    tilt = tilt_of(FrameMetadata(tilt_x_deg=20.0, tilt_y_deg=20.0))
    assert math.cos(math.radians(tilt.tilt_deg)) == pytest.approx(math.cos(math.radians(20)) ** 2)
    assert tilt.axis_deg == pytest.approx(45)
    assert tilt_of(FrameMetadata()).tilt_deg is None


def test_shrinking_does_not_alias():
    """Noise of single pixels, averaged over 4x4, loses a factor of 4, not of 1."""
    noise = np.random.default_rng(0).normal(0, 1, (512, 512)).astype(np.float32)
    geometry = geometry_for((512, 512), FrameMetadata(pixel_size_nm=0.75), CONDITION)
    small, _ = reduced(noise, geometry.to_engine)
    assert small.std() == pytest.approx(0.25, rel=0.1)


def test_an_absurd_pixel_size_is_refused():
    with pytest.raises(FrameRejected, match="is its pixel size right"):
        geometry_for((2048, 2048), FrameMetadata(pixel_size_nm=300.0), CONDITION)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (3, 2), (16, 16)])
def test_tiny_frames_are_padded(shape):
    for metadata in (FrameMetadata(), FrameMetadata(tilt_axis_deg=40.0, pixel_size_nm=0.1)):
        geometry = geometry_for(shape, metadata, CONDITION)
        image = geometry.engine_image(np.random.default_rng(0).random(shape, np.float32))
        assert image.shape == geometry.engine_shape
        assert np.isfinite(image).all()
        assert geometry.camera_image(np.ones(geometry.content_shape, np.float32)).shape == shape


def test_outside_of_a_turned_frame_there_is_nothing():
    geometry = geometry_for((200, 300), FrameMetadata(tilt_axis_deg=45.0), CONDITION)
    rng = np.random.default_rng(0)
    image = geometry.engine_image(rng.normal(0, 1, (200, 300)).astype(np.float32))
    height, width = geometry.content_shape
    assert not image[:height, :width][~geometry.view.inside].any()
    assert not image[:, width:].any()
    inside = geometry.view.inside
    assert image[:height, :width][inside].std() == pytest.approx(1, abs=0.02)
    assert inside.sum() == pytest.approx(200 * 300, rel=0.03)


def test_masked_areas_are_no_part_of_the_view():
    masked = np.zeros((96, 128), bool)
    masked[40:60] = True
    metadata = FrameMetadata(pixel_size_nm=3.0, geometry="sample")
    for axis_deg in (0.0, 90.0):
        known = metadata.model_copy(update={"tilt_axis_deg": axis_deg})
        whole = geometry_for((96, 128), known, CONDITION)
        geometry = whole.without(masked)
        share = 76 / 96
        assert geometry.view_area_um2 == pytest.approx(share * whole.view_area_um2)
        inside = geometry.camera_image(geometry.view.inside.astype(np.uint16), nearest=True)
        np.testing.assert_array_equal(inside[42:58], 0)
        assert inside[:39].all()
        assert inside[61:].all()
        edge = np.zeros(geometry.view.inside.size, np.uint16)
        edge[geometry.view.edge] = 1
        edge = geometry.camera_image(edge.reshape(geometry.view.inside.shape), nearest=True)
        assert edge[39].all()
        assert edge[60].all()
