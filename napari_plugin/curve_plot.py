"""One plot of the stack: a quantity against the common axis, with marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtGui import QFontMetrics, QPainterPath
from qtpy.QtWidgets import QGraphicsItem, QGraphicsPathItem, QSizePolicy, QWidget

from .curve_data import AXES, SWEPT, Curve, Quantity, axis_values, curve
from .events import Event
from .history import History
from .palette import ON_DARK, Palette

_DIRECTIONS = (0, 1, -1)
_MOST_MARKS = 40
_TITLE_SIZE = "9pt"


class ThemedPlot(pg.PlotWidget):
    """A plot in the colours of napari's theme, as narrow as its dock wants.

    Parameters
    ----------
    parent
        Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.palette_now: Palette = ON_DARK
        self._text = "#ffffff"
        ignored, expanding = QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding
        self.setSizePolicy(ignored, expanding)
        metrics = QFontMetrics(self.font())
        self.setMinimumHeight(8 * metrics.height())
        self.plot_item: Any = self.getPlotItem()
        self.plot_item.showGrid(x=True, y=True, alpha=0.12)
        self.plot_item.hideButtons()
        self.plot_item.setMenuEnabled(False)
        left = self.plot_item.getAxis("left")
        left.setWidth(metrics.horizontalAdvance("0000000"))
        left.enableAutoSIPrefix(False)
        self.plot_item.getAxis("bottom").enableAutoSIPrefix(False)
        for side in ("left", "bottom"):  # text takes Qt longer than the curves do
            cached = QGraphicsItem.CacheMode.DeviceCoordinateCache
            self.plot_item.getAxis(side).setCacheMode(cached)

    def set_theme(self, background: str, text: str, line: str, palette: Palette) -> None:
        """Take on the colours of a theme, each as ``#rrggbb``."""
        self.palette_now, self._text = palette, text
        self.setBackground(background)
        for side in ("left", "bottom"):
            self.plot_item.getAxis(side).setPen(line)
            self.plot_item.getAxis(side).setTextPen(text)

    def set_title(self, text: str) -> None:
        """Show `text`, which may be HTML, above the plot."""
        label = self.plot_item.titleLabel
        if label.text != text or label.opts.get("color") != self._text:
            self.plot_item.setTitle(text, color=self._text, size=_TITLE_SIZE)


class CurvePlot(ThemedPlot):
    """A quantity of the history.

    Parameters
    ----------
    quantity
        Which.
    parent
        Qt parent.
    """

    def __init__(self, quantity: Quantity, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.quantity = quantity
        self.curves: dict[tuple[str, int], pg.PlotDataItem] = {}
        self._bands: dict[int, QGraphicsPathItem] = {}
        self._marks: list[pg.InfiniteLine] = []
        self._marked: tuple[object, ...] = ()
        if quantity.interval:
            for direction in _DIRECTIONS:
                self._bands[direction] = QGraphicsPathItem()
                self._bands[direction].setPen(pg.mkPen(None))
                self.addItem(self._bands[direction])
        for column in quantity.columns:
            for direction in _DIRECTIONS:
                self.curves[column, direction] = self.plot_item.plot(connect="finite")
        self._dot = pg.ScatterPlotItem(size=8, pen=pg.mkPen(None))
        self.addItem(self._dot)
        limits = {"minYRange": quantity.smallest_range}
        if len(quantity.columns) == 1:
            limits["yMin"] = 0
        self.plot_item.getViewBox().setLimits(**limits)
        if len(quantity.columns) > 1:  # the second one is drawn downwards, but counts upwards
            axis = self.plot_item.getAxis("left")
            strings = axis.tickStrings
            axis.tickStrings = lambda values, scale, spacing: strings(
                [abs(value) for value in values], scale, spacing
            )

    def set_theme(self, background: str, text: str, line: str, palette: Palette) -> None:
        """Take on the colours of a theme, each as ``#rrggbb``."""
        super().set_theme(background, text, line, palette)
        for (column, direction), item in self.curves.items():
            item.setPen(pg.mkPen(self._colour(column, direction), width=2))
        for direction, band in self._bands.items():
            shade = pg.mkColor(palette.of(direction))
            shade.setAlpha(50)
            band.setBrush(pg.mkBrush(shade))
        self._dot.setBrush(pg.mkBrush(palette.one))
        self._marked = ()

    def draw(self, history: History, axis: str, rows: dict[int, list[slice]]) -> None:
        """Draw all frames of `history`.

        Parameters
        ----------
        history
            All frames.
        axis
            A key of `AXES`.
        rows
            As `rows_by_direction` returns them.
        """
        x = axis_values(history, axis)
        self.set_title(self._title(axis))
        for (column, direction), item in self.curves.items():
            if direction not in rows and item.xData is None:
                continue
            sign = -1 if self.quantity.columns.index(column) % 2 else 1
            points = curve(
                history,
                x,
                rows.get(direction, []),
                column,
                sign=sign,
                interval=self.quantity.interval,
            )
            item.setData(points.x, points.y)
            if self.quantity.interval:
                self._bands[direction].setPath(_band(points))
                self._bands[direction].setVisible(len(points.x) > 0)
        y = history.column(self.quantity.columns[0])
        known = np.isfinite(x[-1:]) & np.isfinite(y[-1:])
        self._dot.setData(x[-1:][known], y[-1:][known])

    def mark(self, events: Sequence[tuple[float, Event]], *, labels: bool) -> None:
        """Draw a line at each event, the newest forty.

        Parameters
        ----------
        events
            Horizontal position and event, the oldest first.
        labels
            Whether to write their labels beside the lines.
        """
        events = events[-_MOST_MARKS:]
        wanted = (labels, *events)
        if wanted == self._marked:
            return
        self._marked = wanted
        for line in self._marks:
            self.removeItem(line)
        colour = self.palette_now.mark
        self._marks = []
        for x, event in events:
            options = {"color": colour, "position": 0.97, "rotateAxis": (1, 0), "anchors": _ANCHORS}
            line = pg.InfiniteLine(
                x,
                pen=pg.mkPen(colour, width=1),
                label=event.label if labels else None,
                labelOpts=options if labels else None,
            )
            self._marks.append(line)
            self.plot_item.addItem(line, ignoreBounds=True)

    def look_at(self, low: float, high: float) -> None:
        """Show the horizontal range from `low` to `high`."""
        self.plot_item.getViewBox().setXRange(low, high, padding=0)

    def show_axis(self, axis: str | None) -> None:
        """Write the axis, a key of `AXES`, below the plot; None hides it."""
        bottom = self.plot_item.getAxis("bottom")
        bottom.setStyle(showValues=axis is not None)
        bottom.setLabel(AXES[axis] if axis else None)
        bottom.showLabel(axis is not None)

    def _colour(self, column: str, direction: int) -> str:
        if direction == 0 and column != self.quantity.columns[0]:
            return self.palette_now.other
        return self.palette_now.of(direction)

    def _title(self, axis: str) -> str:
        title = self.quantity.title
        if axis in SWEPT:
            up, down = self.palette_now.up, self.palette_now.down
            title += f"  <span style='color:{up}'>▬ up</span>"
            title += f"  <span style='color:{down}'>▬ down</span>"
        return title


def _band(points: Curve) -> QPainterPath:
    """Return the outline of the band, one polygon for each stretch without a break."""
    known = np.isfinite(points.x) & np.isfinite(points.y)
    bounds = np.flatnonzero(np.diff(known.astype(np.int8), prepend=0, append=0))
    parts = []
    for start, stop in zip(bounds[::2], bounds[1::2], strict=True):
        x, low, high = (each[start:stop] for each in (points.x, points.low, points.high))
        around = np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])
        parts += [np.stack(around), np.full((2, 1), np.nan)]
    if not parts:
        return QPainterPath()
    return pg.arrayToQPath(*np.concatenate(parts, axis=1), connect="finite")


_ANCHORS = [(1.0, 0.0), (1.0, 1.0)]  # beside the line, at its upper end
