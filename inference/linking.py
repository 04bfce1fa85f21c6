"""Linking skyrmions from frame to frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import KDTree

#: Part of the lattice spacing that a skyrmion may move between two frames; from one half on, its
#: neighbour would be as good a candidate.
SPACING_FRACTION = 0.45
#: A lonely skyrmion has no lattice: it may move by this many of its diameters.
DIAMETER_FACTOR = 1.5
SMALLEST_RANGE_PX = 0.5
_MOST_CANDIDATES = 10


class Linker:
    """Gives the skyrmions of successive frames their track numbers.

    Crocker and Grier's method, as in trackpy: of all ways to link two frames, the one with the
    smallest sum of squared displacements, where a skyrmion without a partner counts as displaced by
    the search range. All of a frame is one sparse assignment problem, so that no frame is too dense
    (docs/decisions/0011).

    Parameters
    ----------
    memory
        Number of frames for which a skyrmion may vanish and still be the same when it reappears
        within the search range.

    References
    ----------
    Crocker and Grier, J. Colloid Interface Sci. 179, 298 (1996).
    """

    def __init__(self, memory: int = 2) -> None:
        self._memory = memory
        self._next_number = 0
        self._range = SMALLEST_RANGE_PX
        # of the last frame, and of frames before that are remembered
        self._places = np.zeros((0, 2))
        self._numbers = np.zeros(0, np.int64)
        self._missed = np.zeros(0, np.int64)

    def follow(self, table: pd.DataFrame) -> np.ndarray:
        """Link the table of one more frame, see `skyrmlive.stream.result.Tracks`."""
        points = table[["x", "y"]].to_numpy()
        return self.link(points, table["equivalent_diameter_area"].to_numpy())

    def link(self, points: np.ndarray, diameters: np.ndarray) -> np.ndarray:
        """Link one more frame.

        Parameters
        ----------
        points
            Shape (n, 2): positions in pixels, finite; n may be 0.
        diameters
            Shape (n,): diameters in pixels.

        Returns
        -------
        np.ndarray
            int64 of shape (n,): track numbers, each at most once; new ones in the order of the
            points.
        """
        points = np.array(points, np.float64).reshape(-1, 2)
        self._range = _search_range(points, diameters, self._range)
        source, found = _assign(self._places, points, self._range)
        numbers = np.full(len(points), -1, np.int64)
        numbers[found] = self._numbers[source]
        new = np.flatnonzero(numbers < 0)
        numbers[new] = self._next_number + np.arange(len(new))
        self._next_number += len(new)

        missed = self._missed + 1
        missed[source] = self._memory + 1
        kept = missed <= self._memory
        self._places = np.concatenate([points, self._places[kept]])
        self._numbers = np.concatenate([numbers, self._numbers[kept]])
        self._missed = np.concatenate([np.zeros(len(points), np.int64), missed[kept]])
        return numbers


def _search_range(points: np.ndarray, diameters: np.ndarray, previous: float) -> float:
    """Return how far a skyrmion of this frame may have come, in pixels."""
    if len(points) == 0:
        return previous
    reach = DIAMETER_FACTOR * float(np.median(diameters))
    if len(points) > 1:
        nearest = KDTree(points).query(points, k=2)[0][:, 1]
        reach = min(reach, SPACING_FRACTION * float(np.median(nearest)))
    return max(reach, SMALLEST_RANGE_PX)


def _assign(
    sources: np.ndarray, points: np.ndarray, search_range: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return who is linked with whom: places in `sources` and `points`.

    Candidates are the nearest few sources within the range of each point.
    """
    n_sources, n_points = len(sources), len(points)
    if not n_sources or not n_points:
        nobody = np.zeros(0, np.int64)
        return nobody, nobody
    ranks: Any = np.arange(1, min(_MOST_CANDIDATES, n_sources) + 1)
    nearest: Any = KDTree(sources).query(points, k=ranks, distance_upper_bound=search_range)
    distance, candidate = nearest
    point, rank = np.nonzero(np.isfinite(distance))
    source, cost = candidate[point, rank], distance[point, rank] ** 2
    # nearly all have one candidate, who has no other
    choices = np.bincount(source, minlength=n_sources)[source]
    alone = (choices == 1) & (np.bincount(point, minlength=n_points)[point] == 1)
    rivals = ~alone
    chosen = _cheapest(source[rivals], point[rivals], cost[rivals], search_range**2)
    return (
        np.concatenate([source[alone], chosen[0]]),
        np.concatenate([point[alone], chosen[1]]),
    )


def _cheapest(
    source: np.ndarray, point: np.ndarray, cost: np.ndarray, unlinked: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of (source, point) whose costs and those of unlinked sources are least."""
    sources, row = np.unique(source, return_inverse=True)
    points, column = np.unique(point, return_inverse=True)
    nobody = np.arange(len(sources))  # each source has a column of its own for that
    rows = np.concatenate([row, nobody])
    columns = np.concatenate([column, len(points) + nobody])
    # a constant for every source changes nothing, and a cost of zero would count as no candidate
    costs = unlinked + np.concatenate([cost, np.full(len(sources), unlinked)])
    shape = len(sources), len(points) + len(sources)
    matrix = csr_array((costs, (rows, columns)), shape)
    first, second = min_weight_full_bipartite_matching(matrix)
    linked = second < len(points)
    return sources[first[linked]], points[second[linked]]
