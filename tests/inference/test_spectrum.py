"""What a network is told of a whole frame: its spectrum, whatever the frame's size."""

from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.inference.frame_parts import FrameParts
from skyrmlive.inference.normalise import normalise
from skyrmlive.inference.spectrum import DESCRIPTORS, describe_spectrum

BANDS = 24


def waves(shape, wave_number, angle=0.0, noise=0.0, seed=0):
    """Return a normalised image of plane waves of 3 nm pixels, `wave_number` in 1/nm."""
    y, x = 3.0 * np.mgrid[: shape[0], : shape[1]]
    along = x * np.cos(angle) + y * np.sin(angle)
    image = np.cos(2 * np.pi * wave_number * along)
    return normalise(image + noise * np.random.default_rng(seed).normal(size=shape))


def described(image, defocus_nm=-2e6):
    return describe_spectrum(FrameParts.of(image, 3.0), defocus_nm)


def test_a_wave_stands_in_its_band_and_sector():
    for angle, sector in ((0.0, 0), (np.radians(45), 1)):
        found = described(waves((512, 512), 0.0201, angle))
        strongest = int(np.argmax(found[: 2 * BANDS]))
        assert strongest == sector * BANDS + 8  # 0.003 + 8 * 0.002 to 0.021


def test_at_another_defocus_the_bands_go_with_the_transfer_functions_zeros():
    """sin(pi lambda df q^2) has its zeros at q over the root of the defocus."""
    near = described(waves((512, 512), 0.0201))
    far = described(waves((512, 512), 0.0201 / 2), -8e6)
    assert np.argmax(near[:BANDS]) == np.argmax(far[:BANDS])


@pytest.mark.parametrize("shape", [(512, 512), (1024, 768)])
def test_the_size_of_a_frame_does_not_matter(shape):
    small = described(waves((256, 256), 0.015, noise=1.0))
    large = described(waves(shape, 0.015, noise=1.0, seed=1))
    assert np.median(np.abs(small - large)[: 2 * BANDS]) < 0.5
    assert np.abs(small - large)[:BANDS].max() < 2


def test_more_noise_raises_the_bands_without_signal():
    quiet, loud = (described(waves((512, 512), 0.015, noise=noise)) for noise in (0.5, 1.5))
    # the power of white noise, beside a signal of power 1/2
    expected = np.log(1.5**2 / 0.5**2 * (0.5 + 0.5**2) / (0.5 + 1.5**2))
    assert np.mean((loud - quiet)[BANDS - 6 : BANDS]) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("shape", [(32, 32), (32, 256), (8, 8), (1, 5)])
def test_small_images_are_described_too(shape):
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = described(image)
    assert found.shape == (DESCRIPTORS,)
    assert np.isfinite(found).all()
    assert np.isfinite(described(np.zeros(shape, np.float32))).all()
