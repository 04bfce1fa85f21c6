"""Fewer points for a curve than there are frames, with its peaks kept."""

from __future__ import annotations

import numpy as np

#: Points of a curve: the dock shows some 400 pixels of it, and Qt's time goes with their number.
SCREEN_POINTS = 500


def thin(values: np.ndarray, limit: int = SCREEN_POINTS) -> np.ndarray:
    """Return which of `values` to draw: the least and the greatest of every stretch.

    Parameters
    ----------
    values
        Shape (n,), NaN where unknown.
    limit
        Points to return at most, from 4 on; up to so many values are all kept.

    Returns
    -------
    numpy.ndarray
        Rising indices, int64 of shape (m,), with m <= `limit`. The first and the last value are
        among them. A stretch that is unknown throughout gives unknown points, so that the curve
        breaks there too.
    """
    n = len(values)
    if n <= limit:
        return np.arange(n)
    length = -(-n // ((limit - 2) // 2))
    whole = n // length * length
    starts = np.arange(0, whole, length)
    known = np.isfinite(values)
    lowest = np.where(known, values, np.inf)
    highest = np.where(known, values, -np.inf)
    stretches = (-1, length)
    chosen = [
        starts + lowest[:whole].reshape(stretches).argmin(axis=1),
        starts + highest[:whole].reshape(stretches).argmax(axis=1),
        [0, n - 1],
    ]
    if whole < n:
        chosen += [[whole + lowest[whole:].argmin(), whole + highest[whole:].argmax()]]
    rising = np.sort(np.concatenate(chosen))
    return rising[np.diff(rising, prepend=-1) > 0]
