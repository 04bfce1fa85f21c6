"""One frame as it is to be drawn: what is filtered, what colour, where the marks are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .colouring import value_of_label
from .defects import bonds, defects, draw_bonds
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

    def outlines(self) -> np.ndarray:
        """Return the outlines, uint8 of shape (height, width); all 0 without a label image."""
        outlines = self.snapshot.outlines
        if outlines is None or outlines.shape != self.shape:
            return np.zeros(self.shape, np.uint8)
        table = self.snapshot.result.table
        return outlines.image(value_of_label(table, self.indices, self.shown))

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
        """Return the bonds of the lattice, 1 on a line in uint8 of shape (height, width)."""
        return draw_bonds(bonds(self.snapshot.result.table), self.shape)

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
