import numpy as np

from skyrmlive.trainer.dataset.field_sweep import SweepRecipe, field_sweep
from skyrmlive.trainer.dataset.film_statistics import film_statistics


def test_skyrmions_shrink_in_a_rising_field_and_keep_their_places():
    recipe = SweepRecipe(
        (64, 64),
        np.array([0.36, 0.44, 0.52]),
        cell_size_nm=6.0,
        density_per_um2=60.0,
        grain_spread=0.05,
        steps_first=300,
        steps_each=150,
    )
    states = list(field_sweep(recipe))
    assert [field_t for field_t, _, _ in states] == [0.36, 0.44, 0.52]
    statistics = [film_statistics(m[0, 2].numpy(), 6.0) for _, m, _ in states]
    diameters = [found["mean_diameter_nm"] for found in statistics]
    assert diameters[0] > diameters[1] > diameters[2] > 15
    assert statistics[0]["skyrmions"] == statistics[1]["skyrmions"] > 4
    # a state goes on from the one before: cores are still where they were
    before, after = (m[0, 2].numpy() < 0 for _, m, _ in states[:2])
    assert (before & after).sum() > 0.8 * after.sum()
