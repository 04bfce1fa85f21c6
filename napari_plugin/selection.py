"""The skyrmion that the operator has clicked, and its diameter over time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from ..stream.result import FrameResult
from .filters import diameters

_REACH = 0.6  # of its diameter: how far from its centre a click still means a skyrmion
_LEAST_REACH_PX = 4.0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which skyrmion is meant: a track, or where it is not linked one label of one frame."""

    particle: int
    frame: int
    label: int

    def row(self, result: FrameResult) -> int | None:
        """Return its row in the table of `result`, None if it is not there."""
        if self.particle >= 0:
            here = result.table["particle"].to_numpy() == self.particle
        elif result.summary.frame == self.frame:
            here = result.table["label"].to_numpy() == self.label
        else:
            return None
        rows = np.flatnonzero(here)
        return int(rows[0]) if len(rows) else None


def select(result: FrameResult, shown: np.ndarray, y: float, x: float) -> Selection | None:
    """Return the skyrmion at a place, None if there is none.

    Parameters
    ----------
    result
        Its table has n rows.
    shown
        bool of shape (n,): the others cannot be selected.
    y, x
        Place in pixels.
    """
    table = result.table.loc[shown]
    if not len(table):
        return None
    distance = np.hypot(table["y"].to_numpy() - y, table["x"].to_numpy() - x)
    nearest = int(distance.argmin())
    row = table.iloc[nearest]
    reach = _REACH * float(np.nan_to_num(row["equivalent_diameter_area"]))
    if not distance[nearest] <= max(reach, _LEAST_REACH_PX):
        return None
    return Selection(int(row["particle"]), result.summary.frame, int(row["label"]))


def describe(result: FrameResult, row: int) -> list[tuple[str, str]]:
    """Return names and values of what is known about row `row` of the table, in words."""
    values = result.table.iloc[row]
    in_nm = result.summary.pixel_size_nm is not None
    unit = "nm" if in_nm else "px"
    size = float(diameters(result.table.iloc[[row]], result.summary.pixel_size_nm)[0][0])
    text = "none: a stripe" if values["is_stripe"] else _known(size, f"{{:.1f}} {unit}")
    low, high = values["diameter_low_nm"], values["diameter_high_nm"]
    if in_nm and np.isfinite(low) and np.isfinite(high):
        text += f"  ({low:.1f} to {high:.1f})"
    suffix = "_nm" if in_nm else ""
    area = values["area_nm2"] if in_nm else values["area"]
    y, x = values[f"y{suffix}"], values[f"x{suffix}"]
    edge = "" if np.isfinite(values["psi6_abs"]) else " in view (edge of the lattice)"
    return [
        ("Diameter", text),
        ("Confidence", _known(values["confidence"], "{:.2f}")),
        ("Neighbours", f"{values['n_neighbours']}{edge}"),
        ("Order |ψ6|", _known(values["psi6_abs"], "{:.2f}")),
        ("Mask area", _known(area, f"{{:.0f}} {unit}²")),
        ("Position", f"x {_known(x, '{:.0f}')}, y {_known(y, '{:.0f}')} {unit}"),
    ]


def _known(value: float, form: str) -> str:
    return form.format(value) if np.isfinite(value) else "not known"


class Traces:
    """Diameters of all tracks in the recent frames.

    Parameters
    ----------
    frames
        Frames kept at most: a thousand, of 1500 skyrmions each, need 24 MB.
    """

    def __init__(self, frames: int = 1000) -> None:
        self._recent: deque[tuple[int, str, np.ndarray, np.ndarray]] = deque(maxlen=frames)

    def clear(self) -> None:
        """Forget all diameters."""
        self._recent.clear()

    def add(self, result: FrameResult) -> None:
        """Take in the linked skyrmions of the next frame."""
        particles = result.table["particle"].to_numpy()
        size, unit = diameters(result.table, result.summary.pixel_size_nm)
        linked = np.flatnonzero(particles >= 0)
        order = linked[np.argsort(particles[linked])]
        self._recent.append((result.summary.frame, unit, particles[order], size[order]))

    def of(self, particle: int, unit: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the frames in which a track was seen, and its diameters.

        Parameters
        ----------
        particle
            Track number.
        unit
            "nm" or "px"; frames measured in the other one are left out.

        Returns
        -------
        tuple
            int64 and float64 of shape (n,).
        """
        frames, sizes = [], []
        for frame, its_unit, particles, diameter in self._recent:
            place = int(particles.searchsorted(particle))
            if its_unit == unit and place < len(particles) and particles[place] == particle:
                frames.append(frame)
                sizes.append(diameter[place])
        return np.array(frames, np.int64), np.array(sizes, np.float64)
