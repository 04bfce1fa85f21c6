"""Confidence intervals by resampling films.

The skyrmions of a film are alike, so that films are what is drawn anew, never skyrmions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]


class Estimate(NamedTuple):
    """A value and the ends of its interval."""

    value: float
    low: float
    high: float


def interval(
    values_by_film: np.ndarray,
    statistic: Statistic,
    level: float = 0.95,
    n: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Return a statistic of all films and its percentile interval (Efron, Ann. Stat. 7, 1, 1979).

    Parameters
    ----------
    values_by_film
        Quantities that add up over films, such as counts and sums, shape (films, quantities).
    statistic
        Of the totals, shape (..., quantities), to shape (...), such as a ratio of two of them.
    level
        Probability of the interval.
    n
        Number of resampled sets.

    Returns
    -------
    All three NaN where the statistic is, and without films; resampled sets of which it is NaN are
    left out.
    """
    values = np.asarray(values_by_film, float)
    if len(values) == 0:
        return Estimate(*[float("nan")] * 3)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(values.sum(axis=0)))
        resampled = statistic(_times_drawn(len(values), n, seed) @ values)
    resampled = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or len(resampled) == 0:
        return Estimate(*[float("nan")] * 3)
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(low), float(high))


@lru_cache(maxsize=8)
def _times_drawn(films: int, n: int, seed: int) -> np.ndarray:
    """Return how often each film is in each resampled set, shape (n, films)."""
    drawn = np.random.default_rng(seed).integers(films, size=(n, films))
    drawn += films * np.arange(n)[:, None]
    return np.bincount(drawn.ravel(), minlength=n * films).reshape(n, films).astype(float)
