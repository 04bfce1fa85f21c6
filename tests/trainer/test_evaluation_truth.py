"""The truth of films whose skyrmions we have placed ourselves."""

import numpy as np
import pytest

from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.dataset.truth import film_truth
from skyrmlive.trainer.evaluation.truth_table import distance_to_border, true_objects
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions

SHAPE, CELL_NM = (128, 160), 3.0
CENTRES = np.array([[30.2, 40.7], [64.0, 100.5], [95.3, 31.1], [60.0, 60.0]])
RADII = np.array([5.0, 7.5, 6.2, 4.1])


def labels_of(mz):
    truth = film_truth(mz, LabelRule(), CELL_NM, periodic=True)
    return np.stack([truth.mask, truth.core, truth.log_diameter]).astype(np.float32)


def test_placed_skyrmions_have_their_centres_and_diameters():
    truth = true_objects(labels_of(placed_skyrmions(SHAPE, CENTRES, RADII, 3.0)[2]), CELL_NM)
    table = truth.table
    assert len(table) == 4
    order = [int(np.hypot(*(table[["y", "x"]].to_numpy() - c).T).argmin()) for c in CENTRES]
    table = table.iloc[order]
    np.testing.assert_allclose(table[["y", "x"]], CENTRES, atol=0.05)
    np.testing.assert_allclose(table["diameter_nm"], 2 * RADII * CELL_NM, rtol=0.02)
    assert not table["touches_border"].any()
    assert not table["is_stripe"].any()
    y, x = np.rint(CENTRES).astype(int).T
    assert (truth.labels[y, x] == table["label"]).all()
    assert ((truth.labels > 0) <= truth.mask).all()
    to_border = [np.min([y, 127 - y, x, 159 - x]) + 0.5 for y, x in CENTRES]
    np.testing.assert_allclose(table["distance_to_border_nm"], np.multiply(to_border, 3), atol=0.2)


def test_the_border_cuts_a_skyrmion_of_a_periodic_film_in_two():
    """What hangs together across the border is one in the film, but not in its image."""
    centres = np.array([[64.0, 1.5], [64.0, 80.0]])
    truth = true_objects(labels_of(placed_skyrmions(SHAPE, centres, 6.0, 3.0)[2]), CELL_NM)
    table = truth.table.sort_values("x")
    assert table["touches_border"].tolist() == [True, False, True]
    assert table["distance_to_border_nm"].iloc[0] < 15
    # the smaller piece has a core of its own; both diameters are those of the pieces
    assert (table["diameter_nm"].iloc[[0, 2]] < 36).all()
    assert table["diameter_nm"].iloc[1] == pytest.approx(36, rel=0.02)


def test_a_sliver_without_a_core_in_view_is_nobody():
    """It stays in the mask that pixels are held against, but cannot be found."""
    centres = np.array([[64.0, 9.0]])
    truth = true_objects(labels_of(placed_skyrmions(SHAPE, centres, 5.0, 5.0)[2]), CELL_NM)
    assert len(truth.table) == 1
    assert truth.mask[:, -1].any()
    assert not truth.labels[:, -1].any()


def test_a_stripe_has_no_diameter():
    mz = np.ones(SHAPE)
    mz[40:50, 20:90] = -1
    table = true_objects(labels_of(mz), CELL_NM).table
    assert table["is_stripe"].tolist() == [True]
    assert table["diameter_nm"].isna().all()


def test_a_film_without_skyrmions_has_an_empty_table():
    truth = true_objects(labels_of(np.ones(SHAPE)), CELL_NM)
    assert truth.table.empty
    assert not truth.labels.any()


def test_the_middle_of_an_image_is_farthest_from_its_border():
    y, x = np.array([0.0, 1.5, 3.0]), np.array([0.0, 3.5, 7.0])
    assert distance_to_border(y, x, (4, 8)).tolist() == [0.5, 2.0, 0.5]
