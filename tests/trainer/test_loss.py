"""What training minimises is smallest where the answer is right."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from skyrmlive.trainer.learning.loss import frame_size_loss, segmentation_loss, size_loss

SIDE, BLOCK = 64, 8
SIZES_NM = ((12.0, 30.0), (20.0, 20.0))
"""Of two skyrmions in each of two images."""


@pytest.fixture
def images():
    """Core and ln(diameter) of discs, float32 (3, SIDE, SIDE) each; the third image is empty."""
    y, x = np.indices((SIDE, SIDE))
    core = np.zeros((3, SIDE, SIDE), np.float32)
    log_diameter = np.full_like(core, np.nan)
    for image, sizes in enumerate(SIZES_NM):
        for centre, size in zip((16, 48), sizes, strict=True):
            disc = np.hypot(y - centre, x - centre) < size / 2
            core[image][disc] = 1
            log_diameter[image][disc] = math.log(size)
    return torch.from_numpy(core), torch.from_numpy(log_diameter)


def test_each_skyrmion_counts_once_for_the_frames_size(images):
    core, log_diameter = images

    def loss(means):
        frame_size = torch.tensor([[means[0], -1.0], [means[1], -1.0], [9.0, -1.0]])
        return float(frame_size_loss(frame_size, core, log_diameter))

    best = minimize(loss, [3.0, 3.0], method="Nelder-Mead").x
    expected = [np.log(sizes).mean() for sizes in SIZES_NM]
    # discs of pixels have not quite the area of discs
    np.testing.assert_allclose(best, expected, atol=0.02)


def test_the_map_of_sizes_is_asked_at_the_cores_alone(images):
    core, log_diameter = images
    right = torch.full((3, 2, SIDE // BLOCK, SIDE // BLOCK), -1.0)
    right[:, 0] = 9.0
    for image, sizes in enumerate(SIZES_NM):
        for part, size in zip((slice(0, 4), slice(4, 8)), sizes, strict=True):
            right[image, 0, part, part] = math.log(size)
    wrong = right.clone()
    wrong[0, 0, :4, :4] += 0.7
    lowest = float(size_loss(right, core, log_diameter))
    assert lowest == pytest.approx(-math.exp(-1.0), abs=1e-5)
    assert float(size_loss(wrong, core, log_diameter)) > lowest + 0.01


def test_a_certain_right_map_costs_nothing(images):
    core, _ = images
    assert float(segmentation_loss(40 * (core - 0.5), core, 0.5)) == pytest.approx(0, abs=1e-5)
    assert float(segmentation_loss(40 * (0.5 - core), core, 0.5)) > 10
