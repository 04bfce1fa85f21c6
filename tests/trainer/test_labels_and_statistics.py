import numpy as np
import pytest

from skyrmlive.trainer.dataset.film_statistics import film_statistics, periodic_components
from skyrmlive.trainer.dataset.labels import LabelRule, core_label, mask_label
from skyrmlive.trainer.learning.metrics import segmentation_scores
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


def test_points_spread_to_a_nearly_triangular_lattice():
    rng = np.random.default_rng(0)
    points = spread_points(60, (256.0, 256.0), rng, rounds=120)
    delta = points[:, None] - points[None]
    delta -= 256 * np.round(delta / 256)
    distance = np.linalg.norm(delta, axis=2)
    np.fill_diagonal(distance, np.inf)
    ideal = np.sqrt(2 / np.sqrt(3) * 256**2 / 60)
    assert distance.min(axis=1).mean() / ideal > 0.88


def test_scores_of_known_masks():
    true = np.zeros((10, 10), dtype=bool)
    true[:, :4] = True
    found = np.zeros_like(true)
    found[:, 2:6] = True
    scores = segmentation_scores(found, true)
    assert scores["jaccard"] == pytest.approx(20 / 60)
    assert scores["f1"] == pytest.approx(0.5)
    assert scores["subset_accuracy"] == pytest.approx(0.6)
    nothing = np.zeros_like(true)
    assert segmentation_scores(nothing, nothing)["jaccard"] == 1.0
