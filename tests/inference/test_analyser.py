from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.inference.told import TOLD
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.result import TABLE_DTYPES

from .samples import blobs, tiny_model, triangular

SHAPE = (230, 310)
POINTS = triangular(34, SHAPE, 24) + np.array([0.3, 0.4])
KNOWN = {"pixel_size_nm": 3.0, "tilt_x_deg": 20.0, "defocus_nm": -2e6, "voltage_kv": 200.0}


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"tilt_axis_deg": 37.0},
        {"tilt_x_deg": 35.0, "tilt_axis_deg": -80.0},
        {"pixel_size_nm": 2.1},
        {"pixel_size_nm": 4.4, "tilt_x_deg": -20.0},
    ],
)
def test_every_blob_is_found_in_its_place(tiny_engine, known):
    image = blobs(SHAPE, POINTS)
    found = Segmenter(tiny_engine).segment(image, FrameMetadata(**known))
    assert len(found.table) == len(POINTS)
    distance, index = KDTree(found.table[["x", "y"]].to_numpy()).query(POINTS)
    assert distance.max() < 0.1
    assert found.labels.shape == SHAPE
    assert found.labels.dtype == np.uint16
    x, y = np.rint(POINTS).astype(int).T
    np.testing.assert_array_equal(found.labels[y, x], found.table["label"].to_numpy()[index])
    areas = np.bincount(found.labels.ravel(), minlength=len(POINTS) + 1)[1:]
    np.testing.assert_allclose(areas, found.table["area"], rtol=0.08)
    assert not found.table["touches_border"].any()


def _near_frame(points: np.ndarray) -> np.ndarray:
    return points[((points > -30) & (points < [SHAPE[1] + 30, SHAPE[0] + 30])).all(axis=1)]


@pytest.mark.parametrize("tilt_axis_deg", [0.0, 50.0])
def test_sizes_are_those_of_the_sample(tiny_engine, tilt_axis_deg):
    """The same sample of round blobs, looked at straight and tilted by 40 degrees."""
    lattice = triangular(34, (800, 800), 0) - 250  # beyond the frame on all sides
    straight = Segmenter(tiny_engine).segment(
        blobs(SHAPE, _near_frame(lattice), 7.0), FrameMetadata(pixel_size_nm=3.0, tilt_x_deg=0)
    )
    angle, shrink = np.deg2rad(tilt_axis_deg), np.cos(np.deg2rad(40))
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-np.sin(angle), np.cos(angle)])
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    image = np.zeros(SHAPE)
    centre = np.array([155.0, 115.0])
    places = centre + np.outer((lattice - centre) @ along, along)
    places += np.outer((lattice - centre) @ across * shrink, across)
    for px, py in _near_frame(places):
        u = (x - px) * along[0] + (y - py) * along[1]
        v = ((x - px) * across[0] + (y - py) * across[1]) / shrink
        image = np.maximum(image, np.exp(-(u**2 + v**2) / (2 * 7.0**2)))
    metadata = FrameMetadata(pixel_size_nm=3.0, tilt_x_deg=40, tilt_axis_deg=tilt_axis_deg)
    tilted = Segmenter(tiny_engine).segment(image, metadata)
    inner, expected = (s.table[~s.table["touches_border"]] for s in (tilted, straight))
    for name in ("diameter_nm", "axis_major_length_nm", "axis_minor_length_nm"):
        # what is normalised is not quite the same sample, and this engine goes by brightness
        assert inner[name].median() == pytest.approx(expected[name].median(), rel=0.03), name
    assert (inner["axis_minor_length_nm"] / inner["axis_major_length_nm"]).median() > 0.95
    # In the camera they are ellipses: long along the axis (orientation counts from the rows).
    assert (inner["axis_minor_length"] / inner["axis_major_length"]).median() == pytest.approx(
        shrink, abs=0.03
    )
    direction = np.array([along[1], along[0]])  # row and column part
    orientation = inner["orientation"].to_numpy()
    aligned = np.abs(np.cos(orientation) * direction[0] + np.sin(orientation) * direction[1])
    assert np.median(aligned) > 0.99


def test_the_opposite_defocus_inverts_the_contrast(tiny_engine):
    image = 300 - blobs(SHAPE, POINTS)
    segmenter = Segmenter(tiny_engine)
    found = segmenter.segment(image, FrameMetadata(**KNOWN | {"defocus_nm": 2e6}))
    assert len(found.table) == len(POINTS)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32"])
def test_noise_and_pixel_types(tiny_engine, dtype):
    rng = np.random.default_rng(0)
    image = rng.normal(blobs(SHAPE, POINTS), 5).astype(dtype)
    image[3, 3] = 255
    assert len(Segmenter(tiny_engine).segment(image).table) == len(POINTS)


@pytest.mark.parametrize(
    ("pixels", "word"),
    [
        (np.full((40, 50), 7, np.uint16), "constant"),
        (np.full((40, 50), 255, np.uint8), "saturated"),
        (np.full((40, 50), np.nan, np.float32), "NaN"),
        (np.zeros((1, 1), np.uint8), "constant"),
    ],
)
@pytest.mark.parametrize("known", [{}, {"tilt_axis_deg": 45.0, "pixel_size_nm": 2.0}])
def test_frames_without_content_give_no_skyrmions(tiny_engine, pixels, word, known):
    found = Segmenter(tiny_engine).segment(pixels, FrameMetadata(**known))
    assert len(found.table) == 0
    assert dict(found.table.dtypes.astype(str)) == TABLE_DTYPES
    assert not found.labels.any()
    assert found.labels.shape == pixels.shape
    assert any(word in warning for warning in found.warnings)


@pytest.mark.parametrize("shape", [(16, 16), (16, 400), (401, 17), (33, 65), (5, 5)])
@pytest.mark.parametrize("axis", [0.0, 30.0])
def test_odd_shapes(tiny_engine, shape, axis):
    height, width = shape
    point = np.array([[width / 2, height / 2]])
    found = Segmenter(tiny_engine).segment(
        blobs(shape, point, 2.5), FrameMetadata(tilt_axis_deg=axis)
    )
    assert found.labels.shape == shape
    assert found.labels.max() == len(found.table)


def test_a_few_nan_pixels_are_filled(tiny_engine):
    image = blobs(SHAPE, POINTS).astype(np.float32)
    image[100:103, 50:53] = np.nan
    found = Segmenter(tiny_engine).segment(image)
    assert len(found.table) == len(POINTS)
    assert any(warning.startswith("9 pixels") for warning in found.warnings)


def test_a_run_of_frames(tiny_engine):
    analyser = SkyrmionAnalyser(tiny_engine)
    for index in range(4):
        image = blobs(SHAPE, POINTS + np.array([2.0, -1.0]) * index)
        metadata = FrameMetadata(**KNOWN, seq=100 + index, field_mt=50.0, temperature_k=190.0)
        result = analyser.analyse(Frame(image, metadata), index, received_at=5.0)
        summary = result.summary
        assert dict(result.table.dtypes.astype(str)) == TABLE_DTYPES
        assert result.table["frame"].unique().tolist() == [index]
        assert sorted(result.table["particle"]) == list(range(len(POINTS)))
        assert (summary.frame, summary.seq, summary.received_at) == (index, 100 + index, 5.0)
        assert (summary.field_mt, summary.temperature_k) == (50.0, 190.0)
        assert summary.n_skyrmions == len(POINTS) == result.labels.max()
        assert summary.engine == analyser.engine_id == tiny_engine.engine_id
        assert summary.warnings == []
        area_um2 = SHAPE[0] * SHAPE[1] * 9e-6 / np.cos(np.deg2rad(20))
        assert summary.density_per_um2 == pytest.approx(len(POINTS) / area_um2)
        assert summary.mean_diameter_nm == pytest.approx(result.table["diameter_nm"].mean())
        assert summary.mean_psi6_abs > 0.9
        stages = {k: v for k, v in summary.latency_ms.items() if k != "total"}
        assert {"normalise", "geometry", "network", "instances", "link"} <= set(stages)
        assert sum(stages.values()) == pytest.approx(summary.latency_ms["total"], abs=0.1)


def test_the_mean_diameter_leaves_the_border_out(tiny_engine):
    points = np.array([[60.0, 60.0], [160.0, 100.0], [0.0, 120.0]])
    frame = Frame(blobs(SHAPE, points), FrameMetadata(**KNOWN))
    result = SkyrmionAnalyser(tiny_engine).analyse(frame, 0, 0.0)
    assert result.table["touches_border"].sum() == 1
    inner = result.table[~result.table["touches_border"]]
    assert result.summary.mean_diameter_nm == pytest.approx(inner["diameter_nm"].mean())
    assert result.summary.n_skyrmions == 3
    area_um2 = SHAPE[0] * SHAPE[1] * 9e-6 / np.cos(np.deg2rad(20))
    assert result.summary.density_per_um2 == pytest.approx(2.5 / area_um2)


def test_empty_frames_in_a_run(tiny_engine):
    analyser = SkyrmionAnalyser(tiny_engine)
    blank = Frame(np.zeros((64, 64), np.uint8), FrameMetadata(**KNOWN))
    summary = analyser.analyse(blank, 0, 0.0).summary
    assert (summary.n_skyrmions, summary.mean_diameter_nm, summary.mean_psi6_abs) == (0, None, None)
    assert summary.density_per_um2 == 0
    summary.model_dump_json()


def test_without_a_pixel_size_there_are_no_nm(tiny_engine):
    frame = Frame(blobs(SHAPE, POINTS), FrameMetadata(tilt_x_deg=20.0))
    result = SkyrmionAnalyser(tiny_engine).analyse(frame, 0, 0.0)
    in_nm = [name for name in TABLE_DTYPES if "_nm" in name]
    assert result.table[in_nm].isna().all(axis=None)
    assert not result.table.drop(columns=[*in_nm, "psi6_abs"]).isna().any(axis=None)
    assert result.summary.mean_diameter_nm is None
    assert result.summary.density_per_um2 is None


NOT_TOLD = np.zeros((1, TOLD), np.float32)  # the tiny network is told nothing


def test_the_backend_keeps_shapes_apart():
    backend = OpenVinoBackend(tiny_model(), "f32", threads=1)
    rng = np.random.default_rng(0)
    backend.warm_up(32, 64)
    first = rng.normal(size=(1, 1, 32, 64)).astype(np.float32)
    expected = backend.infer(first, NOT_TOLD).probability
    assert expected.shape == (1, 2, 32, 64)
    kept = expected.copy()
    for height in range(32, 256, 32):
        backend.infer(rng.normal(size=(2, 1, height, 32)).astype(np.float32), NOT_TOLD)
    np.testing.assert_array_equal(expected, kept)  # results belong to the caller
    np.testing.assert_allclose(backend.infer(first, NOT_TOLD).probability, kept, atol=1e-6)
    assert "CPU f32" in backend.describe()


@pytest.mark.parametrize("cache", ["/dev/null/nowhere", "spoilt"])
def test_an_unusable_cache_folder_does_no_harm(cache, tmp_path, monkeypatch):
    if cache == "spoilt":
        cache = str(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    image = np.ones((1, 1, 32, 32), np.float32)
    expected = OpenVinoBackend(tiny_model(), threads=1).infer(image, NOT_TOLD).probability
    for blob in tmp_path.rglob("*.blob"):
        blob.write_bytes(blob.read_bytes()[: blob.stat().st_size // 2])
    result = OpenVinoBackend(tiny_model(), threads=1).infer(image, NOT_TOLD).probability
    np.testing.assert_array_equal(result, expected)
