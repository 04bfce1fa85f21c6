"""The plot of the diameters, now and pinned."""

from __future__ import annotations

import pyqtgraph as pg
from qtpy.QtWidgets import QWidget

from .curve_plot import ThemedPlot
from .histogram import Diameters, bin_edges, counts
from .palette import Palette


class HistogramPlot(ThemedPlot):
    """Two step curves in the same bins.

    Parameters
    ----------
    parent
        Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.now_curve = self.plot_item.plot(stepMode="center")
        self.pinned_curve = self.plot_item.plot(stepMode="center")
        self.plot_item.setLabel("bottom", "diameter (nm)")
        self.plot_item.getViewBox().setLimits(yMin=0, minYRange=4)

    def set_theme(self, background: str, text: str, line: str, palette: Palette) -> None:
        """Take on the colours of a theme, each as ``#rrggbb``."""
        super().set_theme(background, text, line, palette)
        shade = pg.mkColor(palette.one)
        shade.setAlpha(50)
        self.now_curve.setPen(pg.mkPen(palette.one, width=2))
        self.now_curve.setFillLevel(0)
        self.now_curve.setFillBrush(shade)
        self.pinned_curve.setPen(pg.mkPen(palette.other, width=2))

    def draw(self, now: Diameters | None, pinned: Diameters | None) -> None:
        """Draw the diameters of the newest frame, and those that were pinned."""
        shown = [each for each in (now, pinned) if each is not None]
        edges = bin_edges(*(each.values_nm for each in shown))
        for item, each in ((self.now_curve, now), (self.pinned_curve, pinned)):
            if each is None or not len(edges):
                item.setData([], [], stepMode=None)
            else:
                item.setData(edges, counts(each.values_nm, edges), stepMode="center")
        self.set_title(self._title(now, pinned))

    def _title(self, now: Diameters | None, pinned: Diameters | None) -> str:
        title = "skyrmions in a bin"
        for each, colour in ((now, self.palette_now.one), (pinned, self.palette_now.other)):
            if each is not None:
                word = "▬ " if each is now else "▬ pinned "
                title += "  " if each is now else "<br>"
                title += f"<span style='color:{colour}'>{word}{each.name}</span>"
        return title
