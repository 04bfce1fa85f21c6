"""A frame in which nothing stands out of its noise."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from skyrmlive.inference.doubts import doubts_about
from skyrmlive.inference.frame_parts import FrameParts
from skyrmlive.inference.normalise import normalise
from skyrmlive.inference.reliability import Reliability
from skyrmlive.inference.told import optics, told_of

from .weak_phases import MICROSCOPE, PIXEL_NM, lattice, weak_phase_image

DEFOCUS_NM, TILT_DEG = -2e6, 20.0


def noise(shape, seed):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def said_of(image):
    parts = FrameParts.of(normalise(image), PIXEL_NM)
    known = told_of(parts, optics(DEFOCUS_NM, TILT_DEG, None), MICROSCOPE, DEFOCUS_NM)
    number, sentences = doubts_about(Reliability(), known, float("nan"), None)
    assert number is None  # without a training set nothing is unlike it
    return sentences


@pytest.mark.parametrize("blur_px", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("shape", [(256, 256), (512, 512), (1024, 768)])
def test_noise_alone_is_called_so_however_a_camera_blurs_it(shape, blur_px):
    for seed in range(5):
        image = noise(shape, seed)
        if blur_px:
            image = cv2.GaussianBlur(image, (0, 0), blur_px)
        (sentence,) = said_of(image)
        assert sentence.startswith("nothing in the frame stands out of its noise")


@pytest.mark.parametrize("over_contrast", [0.1, 1.0, 2.0])
def test_skyrmions_are_not_taken_for_noise(over_contrast):
    for seed in range(5):
        shape = (256, 256)
        image = weak_phase_image(lattice(shape, 130, seed), 12.0, shape, DEFOCUS_NM, TILT_DEG)
        assert not said_of(image + over_contrast * image.std() * noise(shape, seed))


def test_one_skyrmion_is_enough():
    image = weak_phase_image(np.array([[120.0, 140.0]]), 12.0, (256, 256), DEFOCUS_NM, TILT_DEG)
    assert not said_of(image + 0.1 * np.abs(image).max() * noise((256, 256), 0))
