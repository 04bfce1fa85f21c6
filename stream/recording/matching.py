"""Which rows of two tables of one frame are one skyrmion, and how alike they are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist


def match(recorded: pd.DataFrame, other: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Assign the rows of two tables of one frame to each other, each to one at most.

    Two may be one if their centres are less than half the mean of their masks' equivalent diameters
    apart; among all ways the one of least distance in units of that length is taken.

    Returns
    -------
    Positions of the rows in `recorded` and in `other`, and the distance of their centres in pixels,
    each of shape (n_pairs,).
    """
    distances_px = cdist(recorded[["y", "x"]].to_numpy(), other[["y", "x"]].to_numpy())
    name = "equivalent_diameter_area"
    reach_px = (recorded[name].to_numpy()[:, None] + other[name].to_numpy()) / 4
    cost = np.where(distances_px < reach_px, distances_px / np.maximum(reach_px, 1e-9), 1.0)
    rows, other_rows = linear_sum_assignment(cost)
    near = cost[rows, other_rows] < 1
    rows, other_rows = rows[near], other_rows[near]
    return rows, other_rows, distances_px[rows, other_rows]


def diameter_ratios(first: pd.DataFrame, second: pd.DataFrame) -> np.ndarray:
    """Return second over first diameter of pairs of rows, without stripes.

    It is `diameter_nm`, and where a table knows no nanometres the equivalent diameter of the mask
    in pixels.

    Parameters
    ----------
    first, second
        Tables in which equal positions are a pair.
    """
    skyrmions = ~(first["is_stripe"].to_numpy() | second["is_stripe"].to_numpy())
    first, second = first.loc[skyrmions], second.loc[skyrmions]
    name = "diameter_nm"
    if first[name].isna().all() or second[name].isna().all():
        name = "equivalent_diameter_area"
    ratios = second[name].to_numpy() / first[name].to_numpy()
    return ratios[np.isfinite(ratios)]


def same_bits(first: pd.DataFrame, second: pd.DataFrame, names: Iterable[str]) -> bool:
    """Say whether the columns `names` agree in every bit; all NaN count as one."""
    return len(first) == len(second) and all(
        _bits(first[name].to_numpy()) == _bits(second[name].to_numpy()) for name in names
    )


def _bits(values: np.ndarray) -> bytes:
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values)
    return values.tobytes()
