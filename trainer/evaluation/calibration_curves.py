"""Whether an engine is as sure as it should be: of what it found, and of its size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

CONFIDENCE_BINS = 10
INTERVAL_LEVEL = 0.9
"""Of `diameter_low_nm` to `diameter_high_nm`."""


def confidence_bin(confidence: np.ndarray) -> np.ndarray:
    """Return the number of the bin of each, of equal width over 0 to 1; -1 of NaN."""
    number = np.floor(np.nan_to_num(confidence, nan=-1.0) * CONFIDENCE_BINS).astype(int)
    return np.minimum(number, CONFIDENCE_BINS - 1).clip(min=-1)


def calibration_error(
    counts: np.ndarray, confidence: np.ndarray, matched: np.ndarray
) -> np.ndarray:
    """Return the expected calibration error (Naeini, Cooper and Hauskrecht, AAAI 2015).

    The mean over all objects of the difference, in the object's bin, between mean confidence and
    the share that is true.

    Parameters
    ----------
    counts, confidence, matched
        Sums over the objects of each bin, shape (..., bins).
    """
    total = counts.sum(axis=-1)
    return np.abs(confidence - matched).sum(axis=-1) / np.where(total > 0, total, np.nan)


def reliability(confidence: np.ndarray, matched: np.ndarray) -> pd.DataFrame:
    """Return a reliability diagram.

    Parameters
    ----------
    confidence
        Of what was found, 0 to 1, shape (n,); NaN is left out.
    matched
        Whether it is true, bool (n,).

    Returns
    -------
    One row a bin: `low`, `high`, `count`, mean `confidence` and `matched`, the share that is true;
    both NaN in an empty bin. Its calibration error is in `attrs["calibration_error"]`.
    """
    bins = confidence_bin(confidence)
    known = bins >= 0

    def total(values: np.ndarray | None) -> np.ndarray:
        weights = None if values is None else values[known].astype(float)
        return np.bincount(bins[known], weights, CONFIDENCE_BINS).astype(float)

    counts, sums, true = total(None), total(confidence), total(matched)
    present = np.where(counts > 0, counts, np.nan)
    edges = np.linspace(0, 1, CONFIDENCE_BINS + 1)
    diagram = pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "count": counts.astype(int),
            "confidence": sums / present,
            "matched": true / present,
        }
    )
    diagram.attrs["calibration_error"] = float(calibration_error(counts, sums, true))
    return diagram


def coverage_curve(true: np.ndarray, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    """Return how many true diameters lie inside intervals of all levels, as they were and should.

    The intervals, of 90 %, are taken as those of a normal distribution of the logarithm, and drawn
    together or apart for other levels.

    Parameters
    ----------
    true, low, high
        Diameters and ends of intervals, shape (n,); what is not finite is left out.

    Returns
    -------
    `level` and `covered`, the share inside, NaN without any.
    """
    known = np.isfinite(true) & np.isfinite(low) & np.isfinite(high) & (high > low)
    ends = np.log(np.stack([low, high])[:, known])
    offset = np.abs(np.log(true[known]) - ends.mean(axis=0))
    sigmas = offset * norm.ppf((1 + INTERVAL_LEVEL) / 2) / (np.diff(ends, axis=0)[0] / 2)
    needed = 2 * norm.cdf(sigmas) - 1  # the least level whose interval holds it
    levels = np.append(np.linspace(0.05, 0.95, 19), 0.99)
    inside = np.searchsorted(np.sort(needed), levels, side="right")
    covered = inside / len(needed) if len(needed) else np.full(len(levels), np.nan)
    return pd.DataFrame({"level": levels, "covered": covered})
