"""The form factor of skyrmions, found in images of which every wave is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyrmlive.inference.form_factor import FORM_FACTOR, describe_form_factor
from skyrmlive.inference.frame_parts import FrameParts
from skyrmlive.inference.normalise import normalise

from .weak_phases import MICROSCOPE, PIXEL_NM, lattice, weak_phase_image

TILT_DEG = 20.0
BAND_MIDDLES = np.array([0.008, 0.01125, 0.01375, 0.01625, 0.01875, 0.02125, 0.02375])
"""In 1/nm, of the first bands: what lies beyond hardly passes the microscope at -2 mm."""

SHARE, LOG_DENSITY, BESIDE = 13, 15, slice(13, 16)
SHARE_AT_LESS, SHARE_AT_MORE = 29, 44
"""Of the power that is explained at 0.925 and 1.075 times the defocus told."""


def image_of(places, sigma_nm, shape=(256, 256), defocus_nm=-2e6, noise=0.0):
    """Return the image of dips of Mz, with white noise over its deviation."""
    image = weak_phase_image(places, sigma_nm, shape, defocus_nm, TILT_DEG)
    white = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    return normalise(image + noise * white)


def described(image, defocus_nm=-2e6, nominal_nm=-2e6):
    parts = FrameParts.of(image, PIXEL_NM)
    return describe_form_factor(parts, MICROSCOPE, defocus_nm, TILT_DEG, nominal_nm)


def sigma_of(form):
    """Return the width in nm of the Gaussian whose form factor this is."""
    found = np.clip(form[: len(BAND_MIDDLES)], 0.01, None)
    slope = np.polyfit(BAND_MIDDLES**2, np.log(found), 1, w=found)[0]
    return math.sqrt(max(0.0, -slope / (2 * np.pi**2)))


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_wider_the_skyrmions_the_faster_their_form_factor_falls(noise):
    """What the filter misses adds to the width, but to all alike."""
    found = [
        np.mean(
            [
                sigma_of(described(image_of(lattice((256, 256), 160, seed), width, noise=noise)))
                for seed in range(4)
            ]
        )
        for width in (10.0, 13.0, 16.0)
    ]
    assert found == pytest.approx([10.0, 13.0, 16.0], abs=2.6)
    assert np.diff(found) == pytest.approx([3.0, 3.0], abs=1.2)


def test_the_number_of_skyrmions_and_what_they_explain():
    found = described(image_of(lattice((256, 256), 130, seed=3), 12.0))
    density = math.exp(found[LOG_DENSITY])
    # some lie in the faded margin, where nothing is looked for
    whole = 2 / math.sqrt(3) / 0.13**2
    assert 0.7 * whole < density < 1.1 * whole
    assert found[SHARE] > 0.75
    noise = np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32)
    assert described(noise)[SHARE] < 0.3


def test_a_large_frame_tells_what_a_small_one_does():
    small = np.mean(
        [described(image_of(lattice((256, 256), 130, s), 12.0, noise=0.3)) for s in range(8)], 0
    )
    large = described(image_of(lattice((768, 1024), 130, 9), 12.0, (768, 1024), noise=0.3))
    assert large[:6] == pytest.approx(small[:6], abs=0.15)
    assert large[BESIDE] == pytest.approx(small[BESIDE], abs=0.25)


def test_at_four_times_the_defocus_and_twice_the_lengths_the_same_skyrmions_are_seen():
    """sin(pi lambda df q^2) and the beam's convergence both go with df q^2 and df q."""
    near = described(image_of(lattice((512, 512), 130, seed=5), 10.0, (512, 512)))
    far = image_of(lattice((1024, 1024), 260, seed=5), 20.0, (1024, 1024), defocus_nm=-8e6)
    there = described(far, -8e6, -8e6)
    assert there[LOG_DENSITY] == pytest.approx(near[LOG_DENSITY] - math.log(4), abs=0.2)


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize(
    ("told_nm", "best"),
    [(-2e6 / 0.925, SHARE_AT_LESS), (-2e6, SHARE), (-2e6 / 1.075, SHARE_AT_MORE)],
)
def test_the_true_defocus_explains_most(noise, told_nm, best):
    image = image_of(lattice((512, 512), 130, seed=6), 10.0, (512, 512), noise=noise)
    found = described(image, told_nm)
    shares = {at: found[at] for at in (SHARE_AT_LESS, SHARE, SHARE_AT_MORE)}
    assert max(shares, key=shares.__getitem__) == best


@settings(max_examples=40)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 3), st.sampled_from([-1e6, -9e6]))
def test_an_image_of_any_size_has_finite_numbers(height, width, seed, defocus_nm):
    image = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    for each in (image, np.zeros_like(image)):
        found = described(each, defocus_nm, defocus_nm)
        assert found.shape == (FORM_FACTOR,)
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
