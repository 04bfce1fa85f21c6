"""Live curves: number of skyrmions and mean diameter."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from napari.utils.theme import get_theme
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from .history import History

#: What the curves can be drawn against: column of the history, and the label of the axis.
AXES = {
    "frame": "frame",
    "time_s": "time (s)",
    "field_mt": "field (mT)",
    "temperature_k": "temperature (K)",
}
_NUMBER_COLOUR = "#5fb8d6"
_DIAMETER_COLOUR = "#e0a84e"
_AXIS_WIDTH_PX = 52


class LivePlots(QWidget):
    """Two curves above each other on one horizontal axis, each with a dot at the newest frame.

    Parameters
    ----------
    parent
        Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._graphics = pg.GraphicsLayoutWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._graphics)
        # As narrow as the dock wants: the space belongs to the image.
        ignored, expanding = QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding
        self._graphics.setSizePolicy(ignored, expanding)
        self.setMinimumHeight(320)

        self._number_plot = self._graphics.ci.addPlot(row=0, col=0)
        self._diameter_plot = self._graphics.ci.addPlot(row=1, col=0)
        self._number_plot.setTitle("number of skyrmions", size="9pt")
        self._diameter_plot.setTitle("mean diameter ± spread (nm)", size="9pt")
        for plot in (self._number_plot, self._diameter_plot):
            plot.showGrid(x=True, y=True, alpha=0.12)
            plot.hideButtons()
            plot.getAxis("left").setWidth(_AXIS_WIDTH_PX)
            plot.setDownsampling(auto=True, mode="peak")
        self._diameter_plot.getViewBox().setXLink(self._number_plot.getViewBox())
        # The last digit must not look like a landslide.
        self._number_plot.getViewBox().setLimits(yMin=0, minYRange=10)
        self._diameter_plot.getViewBox().setLimits(minYRange=4)

        self.number_curve = self._number_plot.plot(pen=pg.mkPen(_NUMBER_COLOUR, width=2))
        self._number_dot = _dot(_NUMBER_COLOUR)
        self._number_plot.addItem(self._number_dot)

        edge = pg.mkPen(None)
        self._upper = pg.PlotDataItem(pen=edge)
        self._lower = pg.PlotDataItem(pen=edge)
        shade = pg.mkColor(_DIAMETER_COLOUR)
        shade.setAlpha(50)
        for item in (self._upper, self._lower, pg.FillBetweenItem(self._upper, self._lower, shade)):
            self._diameter_plot.addItem(item)
        self.diameter_curve = self._diameter_plot.plot(pen=pg.mkPen(_DIAMETER_COLOUR, width=2))
        self._diameter_dot = _dot(_DIAMETER_COLOUR)
        self._diameter_plot.addItem(self._diameter_dot)

    def set_theme(self, name: str) -> None:
        """Take background and text colours from the napari theme `name`."""
        theme = get_theme(name)
        background, text = theme.background.as_hex(), theme.text.as_hex()
        self._graphics.setBackground(background)
        for plot in (self._number_plot, self._diameter_plot):
            plot.titleLabel.setText(plot.titleLabel.text, color=text, size="9pt")
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(theme.secondary.as_hex())
                plot.getAxis(side).setTextPen(text)

    def draw(self, history: History, axis: str = "frame") -> None:
        """Draw all frames of `history` against `axis`, a key of `AXES`."""
        x = history.column(axis)
        if axis == "time_s" and len(x):
            x = x - x[0]
        number = history.column("n_skyrmions")
        mean = history.column("mean_diameter_nm")
        spread = np.nan_to_num(history.column("std_diameter_nm"))
        self._diameter_plot.setLabel("bottom", AXES[axis])
        self.number_curve.setData(x, number, connect="finite")
        self.diameter_curve.setData(x, mean, connect="finite")
        self._upper.setData(x, mean + spread, connect="finite")
        self._lower.setData(x, mean - spread, connect="finite")
        _move_to_last(self._number_dot, x, number)
        _move_to_last(self._diameter_dot, x, mean)


def _dot(colour: str) -> pg.ScatterPlotItem:
    return pg.ScatterPlotItem(size=8, pen=pg.mkPen(None), brush=pg.mkBrush(colour))


def _move_to_last(dot: pg.ScatterPlotItem, x: np.ndarray, y: np.ndarray) -> None:
    known = np.isfinite(x[-1:]) & np.isfinite(y[-1:])
    dot.setData(x[-1:][known], y[-1:][known])
