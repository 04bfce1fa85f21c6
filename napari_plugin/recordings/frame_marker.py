"""A line in every curve at the frame on the screen; a click in a curve goes to another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt

from ..curve_data import axis_values
from ..curve_plot import CurvePlot
from ..curves_panel import CurvesPanel
from ..history import History


class FrameMarker:
    """Marks a frame in the plots of a panel while a recording is open.

    Parameters
    ----------
    curves
        The panel.
    on_chosen
        Called with the number of the frame that was clicked.
    """

    def __init__(self, curves: CurvesPanel, on_chosen: Callable[[int], None]) -> None:
        self._curves, self._on_chosen = curves, on_chosen
        self._history = History(1)
        self._frame = 0
        self._marks = {plot: (_line(), _dot()) for plot in curves.plots.values()}
        self._clicks: dict[CurvePlot, Callable[[Any], None]] = {}
        for plot, marks in self._marks.items():
            for mark in marks:
                plot.plot_item.addItem(mark, ignoreBounds=True)
            self._clicks[plot] = lambda event, plot=plot: self._clicked(plot, event)
            _scene(plot).sigMouseClicked.connect(self._clicks[plot])
        curves.axis.currentIndexChanged.connect(self._draw)

    def close(self) -> None:
        """Take the lines away."""
        self._curves.axis.currentIndexChanged.disconnect(self._draw)
        for plot, marks in self._marks.items():
            _scene(plot).sigMouseClicked.disconnect(self._clicks[plot])
            for mark in marks:
                plot.plot_item.removeItem(mark)

    def mark(self, history: History, frame: int) -> None:
        """Mark frame number `frame`, whose place and values are looked up in `history`."""
        self._history, self._frame = history, frame
        self._draw()

    def _draw(self) -> None:
        axis = self._curves.axis.currentData()
        frames = self._history.column("frame")
        row = int(np.searchsorted(frames, self._frame))
        known = row < len(frames) and frames[row] == self._frame
        x = axis_values(self._history, axis)[row] if known else np.nan
        if not known and axis == "frame":
            x = float(self._frame)
        for plot, (line, dot) in self._marks.items():
            y = self._history.column(plot.quantity.columns[0])[row] if known else np.nan
            line.setVisible(bool(np.isfinite(x)))
            dot.setVisible(bool(np.isfinite(x) and np.isfinite(y)))
            if np.isfinite(x):
                line.setValue(x)
            if np.isfinite(x) and np.isfinite(y):
                dot.setData([x], [y])
            line.setPen(pg.mkPen(plot.palette_now.mark, width=1, style=Qt.PenStyle.DashLine))
            dot.setPen(pg.mkPen(plot.palette_now.mark, width=2))

    def _clicked(self, plot: CurvePlot, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        box = plot.plot_item.getViewBox()
        if not box.sceneBoundingRect().contains(event.scenePos()):
            return
        place = box.mapSceneToView(event.scenePos())
        frame = self.frame_at(plot, place.x(), place.y())
        if frame is not None:
            self._on_chosen(frame)

    def frame_at(self, plot: CurvePlot, x: float, y: float) -> int | None:
        """Return the frame whose point in `plot` is nearest to x, y as the eye measures it.

        None if no frame has a place there.
        """
        places = axis_values(self._history, self._curves.axis.currentData())
        values = self._history.column(plot.quantity.columns[0])
        (left, right), (bottom, top) = plot.plot_item.getViewBox().viewRange()
        across = np.abs(places - x) / max(right - left, 1e-12)
        # On an axis that goes up and down, height decides between two frames at one place.
        height = np.nan_to_num(np.abs(values - y) / max(top - bottom, 1e-12), nan=1.0)
        distance = across + 0.05 * height
        if not np.isfinite(distance).any():
            return None
        return int(self._history.column("frame")[np.nanargmin(distance)])


def _scene(plot: CurvePlot) -> Any:
    return plot.scene()  # pyqtgraph's own, which tells of clicks


def _line() -> pg.InfiniteLine:
    line = pg.InfiniteLine(0, movable=False)
    line.setZValue(5)
    line.setVisible(False)
    return line


def _dot() -> pg.ScatterPlotItem:
    dot = pg.ScatterPlotItem(size=9, brush=pg.mkBrush(None))
    dot.setZValue(6)
    dot.setVisible(False)
    return dot
