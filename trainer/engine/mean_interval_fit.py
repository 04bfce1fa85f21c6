"""How wide the interval of a frame's mean diameter has to be, beside those of its skyrmions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...inference.frame_diameter import frame_diameter
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
        One row a skyrmion: `frame`, `touches_border`, `diameter_nm` by the core's area, `drawn_nm`
        and `log_sigma` of the map of sizes.
    true_mean_nm
        Of the whole skyrmions that are in each frame, shape (frames,); NaN without any.
    """
    of_core, drawn, log_sigma = found[["diameter_nm", "drawn_nm", "log_sigma"]].to_numpy().T
    diameter_nm = reliability.diameter(of_core, drawn, log_sigma)
    low_nm, high_nm = reliability.interval(diameter_nm, log_sigma)
    sized = found.assign(diameter_nm=diameter_nm, diameter_low_nm=low_nm, diameter_high_nm=high_nm)
    off = []
    for frame, true_nm in enumerate(true_mean_nm):
        # an interval as wide as the skyrmions' own, to measure the error by
        whole = frame_diameter(sized.loc[sized["frame"] == frame], 1.0)
        if whole.mean_nm is not None and whole.high_nm is not None and np.isfinite(true_nm):
            off.append(abs(np.log(whole.mean_nm / true_nm)) / np.log(whole.high_nm / whole.mean_nm))
    if len(off) < _ENOUGH_FRAMES:
        return None
    return float(np.quantile(off, reliability.interval_level))
