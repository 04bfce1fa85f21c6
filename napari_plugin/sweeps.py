"""A run of temperature or field, taken apart into its ways up and down."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .thinning import thin

#: A quantity has turned when it has come back by more than this part of all that it ran through,
SPAN_PART = 0.02
#: and by more than so many standard deviations of its noise: a quantity that is held still does
#: not come back that far in the frames of a day.
NOISE_FACTOR = 10.0
#: Points that are looked at; of a longer run the peaks between them.
BRANCH_POINTS = 2000


@dataclass(frozen=True, slots=True)
class Branch:
    """Frames on one way, from a turning point to the next.

    Attributes
    ----------
    start, stop
        First row, and the row after the last. A turning point is the last row of one branch and
        the first of the next.
    direction
        1 up, -1 down, 0 where the quantity did not move.
    """

    start: int
    stop: int
    direction: int


def noise_of(values: np.ndarray) -> float:
    """Return the standard deviation of the jitter in `values`, 0 of fewer than three.

    It comes from second differences, which a steady sweep does not have, by the median, which a
    few turning points do not move. Readings that are repeated count once: a stage is read less
    often than the camera.

    Parameters
    ----------
    values
        Shape (n,), all finite.
    """
    if len(values) < 3:
        return 0.0
    changed = np.concatenate([[True], np.diff(values) != 0])
    second = np.diff(values[changed], n=2)
    # Of Gaussian noise the median of |x| is 0.6745 standard deviations; a second difference has
    # 1 + 4 + 1 times the variance.
    return float(np.median(np.abs(second)) / 0.6745 / np.sqrt(6)) if len(second) else 0.0


def turning_tolerance(values: np.ndarray) -> float:
    """Return by how much `values` must come back to have turned; see `SPAN_PART`.

    Parameters
    ----------
    values
        Shape (n,), all finite.
    """
    if not len(values):
        return 0.0
    return max(SPAN_PART * float(np.ptp(values)), NOISE_FACTOR * noise_of(values))


def split_branches(
    quantity: np.ndarray,
    tolerance: float | None = None,
    *,
    rows: np.ndarray | None = None,
) -> list[Branch]:
    """Find the ways up and down of a quantity that is swept.

    Parameters
    ----------
    quantity
        Shape (n,), in the order of the frames; NaN where unknown, which belongs to the branch
        around it.
    tolerance
        By how much it must come back to have turned; `turning_tolerance` by default.
    rows
        Rising rows with all peaks of `quantity` among them; all rows by default.

    Returns
    -------
    list of Branch
        In the order of the frames, over all rows; directions alternate. A quantity that never
        moved by more than the tolerance has one branch without a direction. In histories of more
        than some thousand frames, what goes up and down again within a thousandth of them
        may be missed.
    """
    n = len(quantity)
    if n == 0:
        return []
    rows = np.arange(n) if rows is None else rows
    known = rows[np.isfinite(quantity[rows])]
    kept = known[thin(quantity[known], BRANCH_POINTS)]
    values = quantity[kept]
    if tolerance is None:
        # The noise of frame to frame: thinned values are peaks.
        newest = quantity[-4 * BRANCH_POINTS :]
        newest = newest[np.isfinite(newest)][-BRANCH_POINTS:]
        tolerance = turning_tolerance(newest)
        tolerance = max(tolerance, SPAN_PART * float(np.ptp(values)) if len(values) else 0.0)
    turns, direction = _turns(values.tolist(), tolerance)
    bounds = [0, *(int(kept[turn]) for turn in turns), n - 1]
    if len(turns) % 2:  # counted back from the last
        direction = -direction
    branches = []
    for start, last in pairwise(bounds):
        branches.append(Branch(start, last + 1, direction))
        direction = -direction
    return branches


def _turns(values: list[float], tolerance: float) -> tuple[list[int], int]:
    """Return the positions of the turning points, and the direction after the last of them."""
    turns: list[int] = []
    direction = 0
    low = high = 0
    for position, value in enumerate(values):
        if value > values[high]:
            high = position
        if value < values[low]:
            low = position
        if direction <= 0 and value - values[low] > tolerance:
            if direction:
                turns.append(low)
            direction, high = 1, position
        elif direction >= 0 and values[high] - value > tolerance:
            if direction:
                turns.append(high)
            direction, low = -1, position
    return turns, direction
