"""What the operator looks at: which frame, which skyrmions, in which colours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .colouring import COLOURINGS, SteadyLimits, colour_indices, track_indices
from .filters import Filters, diameters
from .picture import Picture
from .recent import RecentSnapshots
from .selection import Selection, Traces, select
from .snapshot import Snapshot
from .tails import Tails

_TAIL_FRAMES = 25


@dataclass
class View:
    """The operator's choices, and the recent frames they can look at.

    Attributes
    ----------
    filters
        Which skyrmions are shown.
    colour_by
        A key of `colouring.COLOURINGS`.
    limits
        Ends of the present colour scale, (0, 0) by track.
    unit
        "nm" or "px", of diameters in the present frame.
    recent
        The frames to hold and to step through.
    selection
        The skyrmion that was clicked, None if none is.
    traces
        Diameters over time.
    """

    filters: Filters = field(default_factory=Filters)
    colour_by: str = "track"
    limits: tuple[float, float] = (0.0, 0.0)
    unit: str = "nm"
    recent: RecentSnapshots = field(default_factory=RecentSnapshots)
    selection: Selection | None = None
    traces: Traces = field(default_factory=Traces)
    _steady: SteadyLimits = field(default_factory=SteadyLimits)

    def clear(self) -> None:
        """Forget the run; filters and colouring stay."""
        self.recent.clear()
        self.traces.clear()
        self.selection = None
        self._steady.clear()

    def add(self, snapshot: Snapshot) -> None:
        """Take in the next frame to be drawn."""
        self.recent.add(snapshot)
        self.traces.add(snapshot.result)

    def next_colouring(self) -> str:
        """Colour by the next property, after the last by the first again; return it."""
        names = list(COLOURINGS)
        self.colour_by = names[(names.index(self.colour_by) + 1) % len(names)]
        return self.colour_by

    def click(self, snapshot: Snapshot, y: float, x: float) -> None:
        """Select what is shown of `snapshot` at y, x in pixels; nothing where nothing is."""
        self.selection = select(snapshot.result, self.shown(snapshot), y, x)

    def shown(self, snapshot: Snapshot) -> np.ndarray:
        """Tell for each of n skyrmions whether it is shown: bool of shape (n,)."""
        result = snapshot.result
        return self.filters.shown(result.table, result.summary.pixel_size_nm)

    def picture(self, snapshot: Snapshot, live_tails: Tails) -> Picture:
        """Return what is to be drawn of `snapshot`; `live_tails` end at the newest frame."""
        tails = live_tails if self.recent.held is None else self._held_tails()
        row = None if self.selection is None else self.selection.row(snapshot.result)
        return Picture(
            snapshot,
            self.shown(snapshot),
            self._indices(snapshot),
            self.colour_by,
            tails.vertices(),
            row,
        )

    def _held_tails(self) -> Tails:
        tails = Tails(_TAIL_FRAMES)
        for snapshot in self.recent.until_held(_TAIL_FRAMES):
            tails.add(snapshot.result.summary.frame, snapshot.result.table)
        return tails

    def _indices(self, snapshot: Snapshot) -> np.ndarray:
        """Return the colour index of each skyrmion, and keep the limits of the scale."""
        table = snapshot.result.table
        size, unit = diameters(table, snapshot.result.summary.pixel_size_nm)
        if unit != self.unit:
            self.unit = unit
            self._steady.clear()
        if self.colour_by == "track":
            self.limits = (0.0, 0.0)
            return track_indices(table["particle"].to_numpy())
        if self.colour_by == "diameter":
            self.limits = self._steady.follow(size)
            return colour_indices(size, self.limits)
        self.limits = (0.0, 1.0)
        column = "confidence" if self.colour_by == "confidence" else "psi6_abs"
        return colour_indices(table[column].to_numpy(), self.limits)
