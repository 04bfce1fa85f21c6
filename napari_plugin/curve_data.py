"""What the curves are made of, for the screen and for print."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .history import History
from .sweeps import BRANCH_POINTS, split_branches
from .thinning import SCREEN_POINTS, thin

#: What the curves can be drawn against: column of the history, and the label of the axis.
AXES = {
    "frame": "frame",
    "time_s": "time (s)",
    "field_mt": "field (mT)",
    "temperature_k": "temperature (K)",
}
#: Those that go up and down; against the others a run has one direction.
SWEPT = ("field_mt", "temperature_k")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One plot.

    Attributes
    ----------
    key
        Its short name.
    title
        What it shows, with its unit.
    columns
        Columns of the history that are drawn; every second one downwards from zero.
    interval
        Columns with both ends of the interval of the first, empty for none.
    smallest_range
        The axis spans at least this: the last digit must not look like a landslide.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    interval: tuple[str, ...] = ()
    smallest_range: float = 1.0


QUANTITIES = (
    Quantity("number", "number of skyrmions", ("n_skyrmions",), smallest_range=10),
    Quantity(
        "diameter",
        "mean diameter and its interval (nm)",
        ("mean_diameter_nm",),
        interval=("mean_diameter_low_nm", "mean_diameter_high_nm"),
        smallest_range=4,
    ),
    Quantity("order", "lattice order |ψ6|", ("mean_psi6_abs",), smallest_range=0.1),
    Quantity("births", "births ↑ and deaths ↓ in a frame", ("births", "deaths"), smallest_range=4),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one curve, all of shape (n,); NaN breaks it.

    Attributes
    ----------
    x, y
        Where it runs.
    low, high
        Ends of the band around it; y itself where unknown.
    """

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    high: np.ndarray


def rows_by_direction(history: History, axis: str) -> dict[int, list[slice]]:
    """Return the rows that belong together: 1 on the ways up, -1 down, 0 without a direction.

    Parameters
    ----------
    history
        All frames.
    axis
        A key of `AXES`.
    """
    if axis not in SWEPT:
        return {0: [slice(0, len(history))]}
    rows: dict[int, list[slice]] = {}
    looked_at = history.peaks(axis, slice(0, len(history)), 2 * BRANCH_POINTS)
    for branch in split_branches(history.column(axis), rows=looked_at):
        rows.setdefault(branch.direction, []).append(slice(branch.start, branch.stop))
    return rows


def axis_values(history: History, axis: str) -> np.ndarray:
    """Return the horizontal positions of all frames; time runs from the first of them."""
    x = history.column(axis)
    return x - x[0] if axis == "time_s" and len(x) else x


def curve(
    history: History,
    x: np.ndarray,
    rows: list[slice],
    column: str,
    *,
    sign: int = 1,
    interval: tuple[str, ...] = (),
    limit: int = SCREEN_POINTS,
) -> Curve:
    """Return one curve, thinned to about `limit` points.

    Parameters
    ----------
    history, x, rows
        All frames, their horizontal positions, and stretches of rows that are joined each.
    column, interval
        Columns of the value and of the ends of its interval, the latter empty for none.
    sign
        -1 draws the values downwards.
    limit
        Points to return; every stretch has four at least.
    """
    values = history.column(column)
    ends = [history.column(end) for end in interval] or [values, values]
    total = sum(part.stop - part.start for part in rows)
    parts: list[np.ndarray] = []
    for part in rows:
        share = max(4, limit * (part.stop - part.start) // max(total, 1))
        rows_to_see = history.peaks(column, part, 2 * share)
        kept = rows_to_see[thin(values[rows_to_see], share)]
        y = values[kept]
        band = [sign * np.where(np.isfinite(end[kept]), end[kept], y) for end in ends]
        parts += [np.stack([x[kept], sign * y, *band]), np.full((4, 1), np.nan)]
    joined = np.concatenate(parts[:-1], axis=1) if parts else np.empty((4, 0))
    return Curve(*joined)
