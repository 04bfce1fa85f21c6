from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import regionprops

from skyrmlive.inference.geometry import geometry_for
from skyrmlive.inference.instances import find_instances
from skyrmlive.inference.measure import measure
from skyrmlive.inference.view import View
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.stream.result import TABLE_DTYPES

from .samples import CONDITION


def _disc(shape: tuple[int, int], x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(columns - x, rows - y) < radius


def _maps(shape: tuple[int, int], discs: list) -> tuple[np.ndarray, np.ndarray]:
    """Return mask and core maps of discs (x, y, mask radius, core radius; 0 for no core)."""
    mask, core = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for x, y, outer, inner in discs:
        mask[_disc(shape, x, y, outer)] = 0.9
        core[_disc(shape, x, y, inner)] = 0.8
    return mask, core


def _view_from(column: int, shape: tuple[int, int]) -> View:
    """Return the view of a frame that begins at this column."""
    camera = (shape[0], shape[1] - column)
    return View.resampled(camera, shape, np.array([[1.0, 0, column], [0, 1.0, 0]]))


def test_touching_discs_part_in_the_middle():
    mask, core = _maps((60, 90), [(30, 30, 15, 6), (56, 30, 15, 6)])
    found = find_instances(mask, core)
    assert found.count == 2
    assert (found.labels > 0).sum() == (mask > 0).sum()
    assert set(found.labels[30, 16:43]) == {1}
    assert set(found.labels[30, 44:71]) == {2}


def test_a_mask_without_a_core_belongs_to_nobody():
    mask, core = _maps((60, 120), [(30, 30, 12, 5), (80, 30, 12, 0)])
    found = find_instances(mask, core)
    assert found.count == 1
    assert not found.labels[:, 60:].any()


@pytest.mark.parametrize("edge", ["of the image", "of the area in view"])
def test_a_faint_core_counts_unless_the_edge_cuts_it(edge):
    """One core in the middle and one cut by the edge, each with a brighter part of its own."""
    mask, core = _maps((60, 120), [(0, 30, 12, 5), (60, 30, 12, 5)])
    view = View.whole(core.shape)
    if edge == "of the area in view":
        mask, core = (np.pad(each, ((0, 0), (20, 0)), "edge") for each in (mask, core))
        view = _view_from(20, core.shape)
    faint = np.where(core > 0, np.float32(0.3), 0)

    def count(core):
        return find_instances(mask, core, view, 12, core_threshold=0.2).count

    assert count(core) == 2
    assert count(faint) == 1
    faint[29:32] = np.where(core[29:32] > 0, 0.8, 0)
    assert count(faint) == 2


def test_mask_pixels_stay_in_their_own_component():
    """The rim of a wide mask that is nearer to another skyrmion's core is not given to it."""
    shape = (80, 120)
    mask, core = _maps(shape, [(40, 40, 34, 4), (90, 40, 10, 9)])
    mask[:, 75:79] = 0  # a gap between both
    found = find_instances(mask, core)
    left, right = found.labels[40, 40], found.labels[40, 90]
    assert set(np.unique(found.labels[:, :75])) == {0, left}
    assert set(np.unique(found.labels[:, 79:])) == {0, right}
    assert left != right


def test_specks_are_dropped():
    mask, core = _maps((60, 60), [(20, 20, 10, 4), (45, 45, 10, 1)])
    assert find_instances(mask, core, min_core_area=6).count == 1


def test_outside_the_valid_region_is_nothing():
    mask, core = _maps((60, 60), [(20, 20, 10, 4), (45, 45, 10, 4)])
    assert find_instances(mask, core, _view_from(33, core.shape)).count == 1


def test_empty_maps():
    found = find_instances(*_maps((10, 12), []))
    assert found.count == 0
    assert not found.labels.any()
    assert found.labels.shape == (10, 12)


def test_a_mask_without_any_core_is_empty():
    found = find_instances(*_maps((50, 50), [(25, 25, 10, 0)]))
    assert found.count == 0
    assert not found.labels.any()


def test_measures_agree_with_scikit_image():
    rng = np.random.default_rng(3)
    discs = [(x, y, rng.uniform(9, 16), 4) for x in range(20, 380, 33) for y in range(20, 280, 29)]
    shape = (300, 400)
    mask, core = _maps(shape, discs)
    mask[:, 95:102] = 0  # odd shapes
    found = find_instances(mask, core)
    geometry = geometry_for(shape, FrameMetadata(pixel_size_nm=3.0), CONDITION)
    table = measure(found, geometry)
    expected = regionprops(found.labels)
    assert len(table) == len(expected) > 90
    for name in (
        "area",
        "equivalent_diameter_area",
        "axis_major_length",
        "axis_minor_length",
        "eccentricity",
    ):
        truth = [getattr(region, name) for region in expected]
        np.testing.assert_allclose(table[name], truth, rtol=1e-6, atol=1e-6, err_msg=name)
    angle = table["orientation"] - [region.orientation for region in expected]
    elongated = table["eccentricity"] > 0.05
    np.testing.assert_allclose(np.sin(angle[elongated]), 0, atol=1e-6)
    assert elongated.sum() > 15


def test_an_ellipse_is_as_long_and_as_inclined_in_any_geometry():
    """The same camera ellipse, looked at through a turned and finer engine geometry."""
    known = {"tilt_axis_deg": 25.0, "pixel_size_nm": 6.0, "tilt_x_deg": 30.0}
    geometry = geometry_for((100, 100), FrameMetadata(**known), CONDITION)
    height, width = geometry.content_shape
    y, x = np.mgrid[:height, :width]
    camera = geometry.camera_points(np.stack([x.ravel(), y.ravel()], 1).astype(float))
    along, across = np.deg2rad(40), np.deg2rad(130)  # from the row axis towards +x
    offset = camera - [52.0, 47.0]
    u = offset @ [np.sin(along), np.cos(along)] / 20
    v = offset @ [np.sin(across), np.cos(across)] / 10
    inside = (np.hypot(u, v) < 1).reshape(height, width).astype(np.float32)
    row = measure(find_instances(inside, inside), geometry).iloc[0]
    assert row["axis_major_length"] == pytest.approx(40, rel=0.01)
    assert row["axis_minor_length"] == pytest.approx(20, rel=0.01)
    assert row["orientation"] == pytest.approx(along, abs=0.01)
    assert row["area"] == pytest.approx(np.pi * 200, rel=0.01)
    assert row["area_nm2"] == pytest.approx(np.pi * 200 * 36 / np.cos(np.pi / 6), rel=0.01)
    assert (row["x"], row["y"]) == pytest.approx((52, 47), abs=0.05)


@pytest.mark.parametrize("radius", [6.0, 6.3, 6.7, 9.45])
def test_the_core_diameter_is_finer_than_a_pixel(radius):
    y, x = np.mgrid[:50, :50]
    core = 1 / (1 + np.exp((np.hypot(x - 24.3, y - 25.6) - radius) / 0.5))
    mask = (np.hypot(x - 24.3, y - 25.6) < 14).astype(np.float32)
    geometry = geometry_for((50, 50), FrameMetadata(pixel_size_nm=3.0), CONDITION)
    row = measure(find_instances(mask, core.astype(np.float32)), geometry).iloc[0]
    assert row["diameter_nm"] == pytest.approx(6 * radius, rel=0.015)
    assert (row["x"], row["y"]) == pytest.approx((24.3, 25.6), abs=0.02)


def test_the_border_is_noticed():
    mask, core = _maps((60, 90), [(5, 30, 10, 4), (45, 30, 10, 4), (79.6, 30, 10, 4)])
    geometry = geometry_for((60, 90), FrameMetadata(), CONDITION)
    table = measure(find_instances(mask, core), geometry)
    assert table["touches_border"].tolist() == [True, False, True]
    assert dict(table.dtypes.astype(str)) == TABLE_DTYPES
    assert table["diameter_nm"].isna().all(), "without a pixel size there are no nm"
