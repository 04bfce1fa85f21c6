"""What has gone over a training image before the network sees it, and what of that it is told."""

from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.inference.told import optics
from skyrmlive.trainer.learning.optics import Optics
from skyrmlive.trainer.learning.published_noise import PublishedNoise

from .small_training import NO_SHARES

DRAWS = 400
IMAGE = np.random.default_rng(3).random((16, 16)).astype(np.float32)


def noise(processed_share: float) -> PublishedNoise:
    """Return what blurs all that is processed, and changes its gamma, and does nothing else."""
    shares = NO_SHARES | {"processed_share": processed_share, "blur_share": 1, "gamma_share": 1}
    return PublishedNoise(**shares, gaussian_percent=0)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_blur_and_gamma_come_together_or_not_at_all(share):
    rng, blurred = np.random.default_rng(0), 0
    unchanged = noise(0).degrade(IMAGE, rng)[0]
    for _ in range(DRAWS):
        image, blur_px = noise(share).degrade(IMAGE, rng)
        assert np.array_equal(image, unchanged) == (blur_px == 0)
        blurred += blur_px > 0
    assert blurred / DRAWS == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize(("told_sharp_share", "known"), [(None, 0.2), (0.9, 0.9)])
def test_of_sharp_images_more_are_told_so_than_of_blurred_ones_how_much(told_sharp_share, known):
    told = Optics.around(-2e6, 20).model_copy(
        update={"told_blur_share": 0.2, "told_sharp_share": told_sharp_share}
    )
    rng, is_known = np.random.default_rng(0), len(optics(0, 0, 0)) - 1
    for blur_nm, share in ((0.0, known), (8.0, 0.2)):
        answers = [told.tell(-2e6, 20, blur_nm, rng)[is_known] for _ in range(DRAWS)]
        assert np.mean(answers) == pytest.approx(share, abs=0.08)
