import numpy as np
import pytest

from skyrmlive.trainer.dataset.film_statistics import (
    describe_films,
    failed_shares,
    film_statistics,
    open_components,
    periodic_components,
)
from skyrmlive.trainer.dataset.labels import LabelRule, core_label, mask_label
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, spread_points


@pytest.fixture
def film():
    centres = np.array([[0.0, 0.0], [64.0, 40.0], [100.0, 100.0]])
    return placed_skyrmions((128, 128), centres, 6.0, 4.0)


def test_regions_are_joined_across_the_border(film):
    _, areas, centres = periodic_components(core_label(film[2]))
    assert len(areas) == 3
    np.testing.assert_allclose(areas, np.pi * 6**2, rtol=0.05)
    assert np.hypot(*np.minimum(centres, 128 - centres).T).min() < 0.1


def test_regions_end_at_the_border_of_an_open_film(film):
    """The skyrmion in the corner falls into four."""
    labels, areas, centres = open_components(core_label(film[2]))
    assert len(areas) == 6
    inside = areas > 100
    np.testing.assert_allclose(areas[inside], np.pi * 6**2, rtol=0.05)
    np.testing.assert_allclose(centres[inside], [[64.0, 40.0], [100.0, 100.0]])
    assert labels[64, 40] == 1 + np.flatnonzero(inside)[0]


def test_statistics_give_size_and_order():
    rows = np.arange(8)
    y, x = np.meshgrid(rows * 32.0, rows * 32.0, indexing="ij")
    mz = placed_skyrmions((256, 256), np.stack([y.ravel(), x.ravel()], 1), 6.0, 4.0)[2]
    found = film_statistics(mz, 3.0)
    assert found["skyrmions"] == 64
    assert found["mean_diameter_nm"] == pytest.approx(36, rel=0.03)
    # a square lattice: its neighbour distance over that of a triangular one of the same density
    assert found["regularity"] == pytest.approx(np.sqrt(np.sqrt(3) / 2), rel=1e-3)
    assert film_statistics(np.ones((64, 64)), 3.0)["skyrmions"] == 0


@pytest.mark.parametrize("periodic", [True, False])
def test_stripes_are_told_from_skyrmions_by_shape(periodic):
    mz = np.ones((128, 128))
    y, x = np.indices(mz.shape)
    mz[(abs(y - 20) < 5) & (abs(x - 64) < 30)] = -1  # a short stripe
    mz[np.hypot(y - 80, x - 40) < 25] = -1  # a bubble, larger than the stripe
    mz[np.hypot((y - 80) / 1.5, x - 100) < 5] = -1  # a somewhat oval skyrmion
    found = film_statistics(mz, 3.0, periodic)
    assert (found["skyrmions"], found["stripes"]) == (2, 1)
    around = np.where(abs((y - x) % 64 - 32) < 10, -1.0, 1.0)  # labyrinths meet themselves
    found = film_statistics(around, 3.0, periodic)
    assert found["skyrmions"] == 0
    assert found["stripes"] > 0
    assert film_statistics(-np.ones((64, 64)), 3.0, periodic)["stripes"] == 1


def test_order_in_an_open_film_does_not_look_across_the_border():
    rows = np.arange(4) * 32.0 + 16
    y, x = np.meshgrid(rows, np.append(rows[:3], 127.0), indexing="ij")
    mz = placed_skyrmions((128, 128), np.stack([y.ravel(), x.ravel()], 1), 6.0, 2.0)[2]
    mz = np.where(np.indices(mz.shape)[1] < 8, 1.0, mz)
    # the last column is near the first one across the border only
    closed, opened = (film_statistics(mz, 3.0, periodic)["regularity"] for periodic in (1, 0))
    assert closed < opened
    assert opened == pytest.approx(np.sqrt(np.sqrt(3) / 2), rel=2e-2)


def record(skyrmions, stripes, **known):
    size = {"mean_diameter_nm": 30.0 if skyrmions else None, "regularity": None}
    return {"skyrmions": skyrmions, "stripes": stripes, **size, **known}


def test_the_share_of_failed_films_is_told_in_each_way():
    records = [
        record(5, 0, settled=True),
        record(5, 1, settled=True),
        record(0, 0, settled=False),
        record(0, 3, settled=True),
        record(4, 0, settled=False),
    ]
    shares = failed_shares(records)
    assert shares == {"not relaxed": 0.4, "empty": 0.2, "all stripes": 0.2, "failed": 0.6}
    assert describe_films(records).splitlines()[0] == (
        "5 films, 60.0% of them failed: 40.0% not relaxed, 20.0% empty, 20.0% all stripes"
    )
    # of imported films nobody knows whether they are relaxed
    imported = [record(5, 0), record(0, 0)]
    assert failed_shares(imported) == {"empty": 0.5, "all stripes": 0.0, "failed": 0.5}
    assert describe_films([]) == "no films"


def test_erosion_takes_one_cell_off_all_around_also_at_the_border(film):
    mz = film[2]
    plain = mask_label(mz, LabelRule(threshold=0.9, erosion_cells=0))
    eroded = mask_label(mz, LabelRule(threshold=0.9, erosion_cells=1))
    rolled = mask_label(np.roll(mz, (40, 40), (0, 1)), LabelRule(threshold=0.9, erosion_cells=1))
    assert eroded.sum() < plain.sum()
    assert not (eroded & ~plain).any()
    np.testing.assert_array_equal(np.roll(eroded, (40, 40), (0, 1)), rolled)


def test_triangle_threshold_lies_near_the_background(film):
    mask = mask_label(film[2], LabelRule(threshold=None, erosion_cells=0))
    _, areas, _ = periodic_components(mask)
    radius = np.sqrt(areas / np.pi)
    assert len(areas) == 3
    assert (radius > 6.5).all()
    assert (radius < 30).all()


def test_a_film_without_skyrmions_has_no_mask():
    rng = np.random.default_rng(0)
    assert not mask_label(1 - 0.01 * rng.random((32, 32)), LabelRule()).any()


def test_a_region_without_a_core_is_no_skyrmion(film):
    mz = film[2].copy()
    plain = mask_label(mz, LabelRule())
    mz[20:40, 90:110] = 0.5  # a defect, or a grain magnetised aslant
    np.testing.assert_array_equal(mask_label(mz, LabelRule()), plain)


def test_points_spread_to_a_nearly_triangular_lattice():
    rng = np.random.default_rng(0)
    points = spread_points(60, (256.0, 256.0), rng, rounds=120)
    delta = points[:, None] - points[None]
    delta -= 256 * np.round(delta / 256)
    distance = np.linalg.norm(delta, axis=2)
    np.fill_diagonal(distance, np.inf)
    ideal = np.sqrt(2 / np.sqrt(3) * 256**2 / 60)
    assert distance.min(axis=1).mean() / ideal > 0.88
