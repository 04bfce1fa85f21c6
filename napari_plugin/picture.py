"""One frame as it is to be drawn: what is filtered, what colour, where the marks are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .defects import bonds, defects
from .snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Picture:
    """A snapshot and the operator's wishes. Each part is worked out when it is asked for.

    Attributes
    ----------
    snapshot
        The frame, with n skyrmions.
    shown
        bool of shape (n,): which of them are drawn.
    indices
        uint8 of shape (n,): colour index of each, see `colouring.colours`.
    colour_by
        A key of `colouring.COLOURINGS`.
    tail_vertices
        As `Tails.vertices` returns them.
    selected_row
        Row of the selected skyrmion, None if none is or it is not in this frame.
    """

    snapshot: Snapshot
    shown: np.ndarray
    indices: np.ndarray
    colour_by: str
    tail_vertices: np.ndarray
    selected_row: int | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        summary = self.snapshot.result.summary
        return summary.height, summary.width

    @property
    def pixel_size_nm(self) -> float | None:
        """Size of a pixel, None where it is not known."""
        return self.snapshot.result.summary.pixel_size_nm

    def typical_diameter_px(self) -> float:
        """Return the median diameter of the masks in pixels, 20 where there are none."""
        sizes = self.snapshot.result.table["equivalent_diameter_area"].to_numpy()
        sizes = sizes[np.isfinite(sizes)]
        return float(np.median(sizes)) if len(sizes) else 20.0

    def centres(self) -> np.ndarray:
        """Return the magnetic centres y, x in pixels, shape (m, 2)."""
        return self.snapshot.result.table.loc[self.shown, ["y", "x"]].to_numpy()

    def five_fold(self) -> np.ndarray:
        """Return y, x of those with five neighbours or fewer, shape (m, 2)."""
        return defects(self.snapshot.result.table, self.shown)[0]

    def seven_fold(self) -> np.ndarray:
        """Return y, x of those with seven neighbours or more, shape (m, 2)."""
        return defects(self.snapshot.result.table, self.shown)[1]

    def bonds(self) -> np.ndarray:
        """Return the bonds of the lattice, ends as x, y in pixels, shape (m, 2, 2)."""
        return bonds(self.snapshot.result.table)

    def selected(self) -> np.ndarray:
        """Return y, x of the selected skyrmion, shape (1, 2), or (0, 2) if there is none."""
        if self.selected_row is None:
            return np.empty((0, 2))
        rows = self.snapshot.result.table.iloc[[self.selected_row]]
        return rows[["y", "x"]].to_numpy()

    def tails(self) -> np.ndarray:
        """Return the vertices of the tails without those of hidden skyrmions."""
        if self.shown.all() or not len(self.tail_vertices):
            return self.tail_vertices
        particles = self.snapshot.result.table["particle"].to_numpy()
        hidden = np.isin(self.tail_vertices[:, 0], particles[~self.shown & (particles >= 0)])
        return self.tail_vertices[~hidden]
