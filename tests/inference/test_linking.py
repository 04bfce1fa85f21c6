from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import trackpy
from scipy.spatial import KDTree

from skyrmlive.inference.linking import Linker

from .samples import triangular


def _link(linker: Linker, points: np.ndarray, diameter: float = 20.0) -> list[int]:
    return linker.link(points, np.full(len(points), diameter)).tolist()


def test_a_drifting_lattice_keeps_its_numbers():
    points = triangular(40, (300, 300), 30)
    rng = np.random.default_rng(0)
    linker = Linker()
    first = _link(linker, points)
    assert first == list(range(len(points)))
    for step in range(1, 6):
        order = rng.permutation(len(points))
        moved = points + np.array([6.0, -4.0]) * step + rng.normal(0, 1, points.shape)
        assert _link(linker, moved[order]) == order.tolist()


def test_two_linkers_do_not_share_numbers():
    points = np.array([[10.0, 10.0], [100.0, 100.0]])
    one, other = Linker(), Linker()
    assert _link(one, points) == [0, 1]
    assert _link(other, points[:1]) == [0]
    assert _link(one, np.vstack([points, [[50.0, 50.0]]])) == [0, 1, 2]
    assert _link(other, points) == [0, 1]
    third = Linker()
    assert _link(third, points) == [0, 1]
    assert _link(one, np.array([[300.0, 300.0]])) == [3]


def test_a_skyrmion_may_blink():
    points = np.array([[10.0, 10.0], [100.0, 100.0]])
    linker = Linker(memory=2)
    assert _link(linker, points) == [0, 1]
    assert _link(linker, points[:1]) == [0]
    assert _link(linker, points[:1]) == [0]
    assert _link(linker, points) == [0, 1]


@pytest.mark.parametrize("memory", [0, 2])
def test_empty_frames(memory):
    linker = Linker(memory)
    nothing = np.zeros((0, 2))
    assert _link(linker, nothing) == []
    assert _link(linker, np.array([[5.0, 5.0]])) == [0]
    for _ in range(4):
        assert _link(linker, nothing) == []
    assert _link(linker, np.array([[5.0, 5.0]])) == [1]


def test_a_lonely_skyrmion_is_not_linked_across_the_frame():
    linker = Linker()
    assert _link(linker, np.array([[10.0, 10.0]])) == [0]
    assert _link(linker, np.array([[500.0, 500.0]])) == [1]


@pytest.mark.parametrize("spread", [0.0, 0.2, 30.0])
def test_dense_frames_do_not_stop_the_run(spread):
    rng = np.random.default_rng(0)
    linker = Linker()
    far = np.array([[1000.0 + 200 * i, 1000.0] for i in range(150)])
    seen: set[int] = set()
    for _ in range(4):
        clump = 100 + rng.normal(0, 1, (90, 2)) * spread
        numbers = _link(linker, np.vstack([far, clump]), 60.0)
        assert len(set(numbers)) == len(numbers)
        assert numbers[:150] == list(range(150))
        seen |= set(numbers)
    assert len(seen) >= 240


@pytest.mark.parametrize("seed", range(5))
def test_the_assignment_is_as_trackpys(seed):
    """On frames that trackpy's own search can solve, both find the same tracks."""
    rng = np.random.default_rng(seed)
    first = rng.random((60, 2)) * 200
    second = np.delete(first + rng.normal(0, 4, first.shape), slice(0, 5), axis=0)
    reach = 0.45 * np.median(KDTree(second).query(second, k=2)[0][:, 1])
    theirs = trackpy.link(
        pd.DataFrame(
            {
                "frame": np.repeat([0, 1], [60, 55]),
                "x": np.concatenate([first[:, 0], second[:, 0]]),
                "y": np.concatenate([first[:, 1], second[:, 1]]),
            }
        ),
        float(reach),
    )["particle"]
    ours = Linker(memory=0)
    assert _link(ours, first, 1000.0) == theirs[:60].tolist()
    mine = np.array(_link(ours, second, 1000.0))
    expected = theirs[60:].to_numpy()
    linked = expected < 60
    assert linked.sum() > 10
    np.testing.assert_array_equal(mine[linked], expected[linked])
    assert (mine[~linked] >= 60).all()
