"""The mean diameter of a frame's skyrmions, how far they differ, and how well the mean is known."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd


class FrameDiameter(NamedTuple):
    """Of the skyrmions that the border does not cut, in nm.

    Attributes
    ----------
    mean_nm
        None without any, or with an unknown pixel size.
    std_nm
        Their standard deviation: how far skyrmions differ, not how well the mean is known. None of
        fewer than two.
    low_nm, high_nm
        Ends of the interval of the mean, 90 % unless the engine says otherwise. What an image hides
        of one skyrmion's size it mostly hides of all, so that the mean of a thousand is hardly
        better known than that of ten. None from an engine that gives no intervals.
    """

    mean_nm: float | None = None
    std_nm: float | None = None
    low_nm: float | None = None
    high_nm: float | None = None


def frame_diameter(table: pd.DataFrame, mean_interval_share: float | None) -> FrameDiameter:
    """Return the mean diameter of a frame with its spread and its interval.

    Parameters
    ----------
    table
        One row a skyrmion, columns `TABLE_DTYPES`; stripes have no diameter.
    mean_interval_share
        See `Reliability`.
    """
    whole = table.loc[~table["touches_border"] & table["diameter_nm"].notna()]
    if whole.empty:
        return FrameDiameter()
    diameter_nm = whole["diameter_nm"].to_numpy()
    mean_nm = float(diameter_nm.mean())
    std_nm = float(diameter_nm.std(ddof=1)) if len(diameter_nm) > 1 else None
    if mean_interval_share is None:
        return FrameDiameter(mean_nm, std_nm)
    half = _mean_log_half_width(whole)
    if math.isnan(half):
        return FrameDiameter(mean_nm, std_nm)
    factor = math.exp(mean_interval_share * half)
    return FrameDiameter(mean_nm, std_nm, mean_nm / factor, mean_nm * factor)


def _mean_log_half_width(table: pd.DataFrame) -> float:
    """Return the mean half width of the skyrmions' intervals of ln(diameter), NaN without any."""
    ends = table[["diameter_low_nm", "diameter_high_nm"]].to_numpy()
    halves = np.log(ends[:, 1] / ends[:, 0]) / 2
    known = halves[np.isfinite(halves)]
    return float(known.mean()) if len(known) else math.nan
