from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.inference.lattice import lattice_order

from .samples import triangular

VIEW = np.array([[0, 0], [600, 0], [600, 500], [0, 500]], float) - 0.5


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_a_perfect_triangular_lattice(angle):
    points = triangular(40, (1000, 1000), 0) - 500
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = points @ turn.T + [300, 250]
    points = points[((points > 0) & (points < [599, 499])).all(axis=1)]
    n_neighbours, psi6_abs = lattice_order(points, VIEW)
    inner = np.isfinite(psi6_abs)
    assert inner.sum() > 100
    np.testing.assert_allclose(psi6_abs[inner], 1, atol=1e-4)
    assert (n_neighbours[inner] == 6).all()
    # One lattice constant from the edge nothing is certain, two away everything is.
    depth = np.minimum(points, [599.5, 499.5] - points).min(axis=1)
    assert inner[depth > 80].all()
    assert not inner[depth < 20].any()


def test_disorder_lowers_the_order():
    rng = np.random.default_rng(0)
    points = rng.random((400, 2)) * [600, 500]
    _, psi6_abs = lattice_order(points, VIEW)
    assert 0.2 < np.nanmean(psi6_abs) < 0.6


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (np.zeros((0, 2)), []),
        ([[3, 4]], [0]),
        ([[3, 4], [30, 40]], [1, 1]),
        ([[3, 4], [30, 40], [50, 10]], [2, 2, 2]),
        ([[10, 10], [30, 30], [20, 20], [90, 90]], [1, 2, 2, 1]),
        ([[5, 5], [5, 5]], [1, 1]),
    ],
)
def test_few_points_have_no_order(points, expected):
    n_neighbours, psi6_abs = lattice_order(np.asarray(points, float), VIEW)
    assert n_neighbours.tolist() == expected
    assert np.isnan(psi6_abs).all()


@pytest.mark.parametrize("copies", [2, 5])
def test_coincident_points_do_no_harm(copies):
    points = np.repeat(triangular(60, (500, 600), 30), copies, axis=0)
    n_neighbours, psi6_abs = lattice_order(points, VIEW)
    assert len(n_neighbours) == len(points)
    assert np.isfinite(psi6_abs).any()
    n_neighbours, _ = lattice_order(np.ones((copies, 2)), VIEW)
    assert len(n_neighbours) == copies
