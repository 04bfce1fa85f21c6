"""Bands across training images: how often, how strong, and that nothing else changes with them."""

import numpy as np
import pytest

from skyrmlive.trainer.dataset.film_grid import FilmGrid
from skyrmlive.trainer.learning.bending import Bending, band

GRID = FilmGrid(shape=(128, 128), cell_size_nm=3.0, thickness_nm=27.5, periodic=True)


def test_the_share_of_the_images_has_a_band_as_dark_as_asked():
    rng = np.random.default_rng(0)
    bending = Bending(share=0.3, left_in_the_middle=(0.6, 0.95), half_width_nm=(40, 60))
    bands = [bending.draw(GRID, (96, 64), rng) for _ in range(300)]
    bent = [each for each in bands if each is not None]
    assert len(bent) / len(bands) == pytest.approx(0.3, abs=0.08)
    darkest = np.array([float(each.amplitude.min()) ** 2 for each in bent])
    assert 0.6 - 1e-4 <= darkest.min() < 0.7
    assert 0.9 < darkest.max() < 0.96
    assert {tuple(each.phase.shape) for each in bent} == {(1, 96, 64)}


def test_a_recipe_without_bends_draws_nothing():
    rng = np.random.default_rng(1)
    assert Bending().draw(GRID, GRID.shape, rng) is None
    assert rng.uniform() == np.random.default_rng(1).uniform()


@pytest.mark.parametrize("left", [0.99, 0.5])
def test_in_the_middle_so_much_of_the_beam_is_left(left):
    bent = band(GRID, left, half_width_nm=60.0, waviness_nm=10.0, seed=3)
    intensity = bent.amplitude.numpy() ** 2
    assert intensity.min() == pytest.approx(left, abs=0.01)
    assert intensity.max() == pytest.approx(1.0, abs=0.01)
