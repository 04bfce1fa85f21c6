"""Linking skyrmions from frame to frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import trackpy.linking.linking as trackpy_linking
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree

#: Part of the lattice spacing that a skyrmion may move between two frames; from one half on, its
#: neighbour would be as good a candidate.
SPACING_FRACTION = 0.45
#: A lonely skyrmion has no lattice: it may move by this many of its diameters.
DIAMETER_FACTOR = 1.5
SMALLEST_RANGE_PX = 0.5


class Linker:
    """Gives the skyrmions of successive frames their track numbers, by trackpy's streaming linker.

    Two things are our own. trackpy's track numbers come from a counter of the class, which every
    new linker in the process resets; the numbers here belong to this object: 0, 1, 2, ... in the
    order of first appearance. And the candidates are assigned in polynomial time, see
    `_assign`: no frame is too dense.

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
        self._linker = trackpy_linking.Linker(
            SMALLEST_RANGE_PX, memory=memory, link_strategy=_assign
        )
        self._started = False
        self._next_number = 0

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
            int64 of shape (n,): track numbers, each at most once.
        """
        points = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2)
        self._linker.search_range = _search_range(points, diameters, self._linker.search_range)
        if self._started:
            self._linker.next_level(points, None)
        else:
            self._linker.init_level(points, None)
            self._started = True
        linked: Any = self._linker.hash
        return np.array([self._number(point.track) for point in linked.points], np.int64)

    def _number(self, track: Any) -> int:
        number = getattr(track, "number_in_run", None)
        if number is None:
            number = track.number_in_run = self._next_number
            self._next_number += 1
        return number


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
    source: set[Any], destination: set[Any], search_range: float, **_: Any
) -> tuple[list[Any], list[Any]]:
    """Link one subnet of trackpy's: the smallest sum of squared displacements.

    A source without a link counts as displaced by the search range, as in trackpy's own strategies
    and with the same optimum. Those try all combinations, so they raise SubnetOversizeException on
    dense frames, or run for minutes below that size; the assignment problem needs the third power
    of the number of points.
    """
    sources, destinations = list(source), list(destination)
    if len(sources) == len(destinations) == 1:
        return sources, destinations
    column = {point: j for j, point in enumerate(destinations)}
    n_sources, n_destinations = len(sources), len(destinations)
    unlinked = search_range**2
    # Forbidden pairs cost more than leaving everything unlinked.
    cost = np.full((n_sources, n_destinations + n_sources), (n_sources + 1) * unlinked)
    cost[np.arange(n_sources), n_destinations + np.arange(n_sources)] = unlinked
    for i, point in enumerate(sources):
        for candidate, distance in point.forward_cands:
            cost[i, column[candidate]] = distance**2
    _, chosen = linear_sum_assignment(cost)
    partners = [destinations[j] if j < n_destinations else None for j in chosen]
    taken = {j for j in chosen if j < n_destinations}
    newcomers = [point for j, point in enumerate(destinations) if j not in taken]
    return sources + [None] * len(newcomers), partners + newcomers
