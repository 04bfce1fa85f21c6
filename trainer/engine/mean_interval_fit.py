"""How wide the interval of a frame's mean diameter has to be, beside those of its skyrmions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...inference.reliability import Reliability

_ENOUGH_FRAMES = 20


def fit_mean_interval_share(
    reliability: Reliability, found: pd.DataFrame, true_mean_nm: np.ndarray
) -> float | None:
    """Return `Reliability.mean_interval_share`, None if too few frames tell.

    What an image hides of one skyrmion's size it mostly hides of all, so the share is not that of
    independent errors: it is what holds the true means of as many frames as the level asks for,
    with whatever the engine misses or invents.

    Parameters
    ----------
    reliability
        All the rest of it.
    found
        One row a whole skyrmion that was found: `frame`, `diameter_nm` by the core's area,
        `drawn_nm` and `log_sigma` of the map of sizes.
    true_mean_nm
        Of the whole skyrmions that are in each frame, shape (frames,); NaN without any.
    """
    of_core, drawn, log_sigma = found[["diameter_nm", "drawn_nm", "log_sigma"]].to_numpy().T
    diameter_nm = reliability.diameter(of_core, drawn, log_sigma)
    low_nm, high_nm = reliability.interval(diameter_nm, log_sigma)
    halves = np.log(high_nm / low_nm) / 2
    frame = found["frame"].to_numpy(np.int64)
    whole = np.bincount(frame, minlength=len(true_mean_nm))
    with np.errstate(invalid="ignore", divide="ignore"):  # frames in which none was found
        mean_nm, half = (
            np.bincount(frame, values, len(true_mean_nm)) / whole
            for values in (diameter_nm, halves)
        )
        off = np.abs(np.log(mean_nm / true_mean_nm)) / half
    known = off[np.isfinite(off)]
    if len(known) < _ENOUGH_FRAMES:
        return None
    return float(np.quantile(known, reliability.interval_level))
