from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyrmlive.inference.normalise import (
    masked_areas,
    normalise,
    replace_non_finite,
    saturated_fraction,
    without_masked,
)
from skyrmlive.stream.errors import UserError


def _image(seed: int = 0, shape: tuple[int, int] = (96, 130)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.sin(x / 7) * np.cos(y / 9) + rng.normal(0, 0.3, shape)


def test_mean_0_and_deviation_1():
    result = normalise(_image())
    assert result.dtype == np.float32
    assert result.mean() == pytest.approx(0, abs=1e-5)
    assert result.std() == pytest.approx(1, abs=1e-5)


@settings(max_examples=40)
@given(gain=st.floats(1e-3, 1e6), offset=st.floats(-1e6, 1e6), seed=st.integers(0, 5))
def test_gain_and_offset_do_not_matter(gain, offset, seed):
    image = _image(seed)
    np.testing.assert_allclose(normalise(gain * image + offset), normalise(image), atol=1e-3)


@settings(max_examples=40)
@given(
    hot=st.lists(
        st.tuples(st.integers(0, 95), st.integers(0, 129), st.floats(1e2, 1e300)),
        min_size=1,
        max_size=8,
    )
)
def test_hot_pixels_change_nothing_but_themselves(hot):
    image = _image()
    expected = normalise(image)
    touched = np.zeros(image.shape, bool)
    for y, x, value in hot:
        image[y, x] = value
        touched[y, x] = True
    result = normalise(image)
    np.testing.assert_allclose(result[~touched], expected[~touched], atol=0.01)
    assert np.abs(result).max() <= 10.001


@pytest.mark.parametrize("relative_noise", [0.1, 0.5, 1.0])
def test_strong_noise_is_not_clipped(relative_noise):
    rng = np.random.default_rng(1)
    clean = 1 + 0.2 * _image(shape=(512, 512))
    noisy = clean + rng.normal(0, relative_noise * clean.mean(), clean.shape)
    result = normalise(noisy)
    expected = (noisy - noisy.mean()) / noisy.std()
    np.testing.assert_allclose(result, expected, atol=2e-3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int16", "int32", "float32"])
def test_all_pixel_types_agree(dtype):
    counts = np.rint(100 + 25 * _image()).astype(dtype)
    np.testing.assert_allclose(normalise(counts), normalise(counts.astype(float)), atol=1e-5)


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_a_constant_image_becomes_zero(value):
    assert not normalise(np.full((20, 30), value, np.uint16)).any()


def test_a_nearly_constant_image_keeps_its_detail():
    image = np.zeros((100, 100))
    image[40:42, 50:52] = 1  # too few pixels for the quantiles
    result = normalise(image)
    assert result[40, 50] > 1
    assert np.isfinite(result).all()


def test_float32_extremes_stay_finite():
    image = np.array([[-3e38, 3e38], [0, 1]], np.float32)
    assert np.isfinite(normalise(image)).all()


def test_nan_takes_the_value_of_its_surroundings():
    y, _ = np.mgrid[:40, :40]
    image = y.astype(np.float32)
    image[20, 20] = np.nan
    image[30, 5] = np.inf
    repaired, count = replace_non_finite(image)
    assert count == 2
    assert repaired[20, 20] == pytest.approx(20)
    assert repaired[30, 5] == pytest.approx(30)
    assert np.isnan(image[20, 20]), "the caller's array is not changed"


def test_an_image_of_nan_becomes_zero():
    assert not normalise(np.full((8, 8), np.nan)).any()


@pytest.mark.parametrize("shape", [(0, 4), (3,), (2, 2, 2)])
def test_what_is_not_an_image_is_refused(shape):
    with pytest.raises(UserError, match="two dimensions"):
        normalise(np.zeros(shape))


def test_the_largest_integer_is_saturated():
    image = np.zeros((10, 10), np.uint8)
    image[0] = 255
    assert saturated_fraction(image) == 0.1
    assert saturated_fraction(image.astype(np.float32)) == 0, "two values are no histogram"


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("share", [0.002, 0.01, 0.35])
def test_a_frame_that_is_cut_off_below_the_end_of_its_dtype_is_saturated(dtype, share):
    image = np.random.default_rng(1).normal(4000, 300, (256, 256))
    cut = np.minimum(image, np.floor(np.quantile(image, 1 - share))).astype(dtype)
    assert saturated_fraction(cut) == pytest.approx(share, rel=0.05)


@given(st.floats(1e-4, 1e3), st.integers(0, 99))
@settings(max_examples=60)
def test_counts_of_any_dose_are_not_saturated(electrons, seed):
    image = np.random.default_rng(seed).poisson(electrons, (128, 128)).astype(np.uint16)
    assert saturated_fraction(image) == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_gaps_between_modules_do_not_hide_the_contrast(dtype):
    counts = np.random.default_rng(3).poisson(60, (200, 200)).astype(dtype)
    expected = normalise(counts)
    with_gaps = counts.copy()
    with_gaps[95:105] = with_gaps[:, 95:105] = np.iinfo(dtype).max
    inside = with_gaps == counts
    assert normalise(with_gaps)[inside].std() < 0.2  # the marks are taken for counts
    masked = without_masked(with_gaps, np.iinfo(dtype).max - 1)
    assert np.isnan(masked).sum() == (~inside).sum()
    assert np.allclose(normalise(masked)[inside], expected[inside], rtol=0.1, atol=0.02)


def test_without_marks_nothing_is_copied():
    counts = np.full((4, 4), 7, np.uint16)
    for saturation in (None, 0, 7, 65534):
        assert without_masked(counts, saturation) is counts
    floats = np.full((4, 4), 9.0)
    assert without_masked(floats, 5) is floats


def test_only_wide_areas_are_masked():
    image = np.ones((60, 80), np.float32)
    image[5, 5] = np.nan
    image[20:25] = np.nan  # a gap whose neighbours fill it in
    assert masked_areas(image) is None
    image[40:52, :] = np.inf
    masked = masked_areas(image)
    assert masked[40:52].all()
    assert not masked[:40].any()
    assert not masked[52:].any()
    assert masked_areas(np.full((60, 80), np.nan)) is None
    assert masked_areas(np.ones((4, 4), np.uint16)) is None


def test_what_does_not_count_changes_nothing_and_becomes_zero():
    image = np.random.default_rng(0).normal(5, 2, (200, 300)).astype(np.float32)
    inside = np.zeros(image.shape, bool)
    inside[:, :220] = True
    other = image.copy()
    other[~inside] = 1e6
    first, second = (normalise(each, inside) for each in (image, other))
    np.testing.assert_allclose(first, second, atol=1e-4)
    assert not first[~inside].any()
    assert first[inside].std() == pytest.approx(1, abs=0.02)
