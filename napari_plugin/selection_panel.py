"""What is known about the skyrmion that was clicked."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from napari.utils.theme import get_theme
from qtpy.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from .selection import Selection, describe
from .snapshot import Snapshot
from .view import View

_HINT = "Click a skyrmion in the picture. Escape, or a click beside it, clears."
_CURVE_COLOUR = "#e0a84e"


class SelectionPanel(QWidget):
    """Number, size and surroundings of one skyrmion, and its diameter over the frames."""

    def __init__(self) -> None:
        super().__init__()
        self.title = QLabel(_HINT)
        self.title.setWordWrap(True)
        self.title.setToolTip("The skyrmion with the ring in the picture")
        self.values: dict[str, QLabel] = {}
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._plot = pg.PlotWidget()
        self._plot.setToolTip("Its diameter over the recent frames")
        line = self.fontMetrics().height()
        self._plot.setMinimumHeight(8 * line)
        self._plot.setMaximumHeight(10 * line)
        self._plot.hideButtons()
        self._plot.setVisible(False)
        self.curve = self._plot.plot(pen=pg.mkPen(_CURVE_COLOUR, width=2), symbolSize=4)
        self._plot.setLabel("bottom", "frame")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addLayout(self._grid)
        layout.addWidget(self._plot)

    def set_theme(self, name: str) -> None:
        """Take background and text colours from the napari theme `name`."""
        theme = get_theme(name)
        self._plot.setBackground(theme.background.as_hex())
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setPen(theme.secondary.as_hex())
            self._plot.getAxis(side).setTextPen(theme.text.as_hex())

    def follow(self, view: View, snapshot: Snapshot | None) -> None:
        """Show the selection of `view` as it is in `snapshot`."""
        selection = view.selection
        if selection is None or snapshot is None:
            self._show(_HINT, [])
            self._plot.setVisible(False)
            return
        row = selection.row(snapshot.result)
        rows = [] if row is None else describe(snapshot.result, row)
        absent = "" if row is not None else ": not in this frame"
        self._show(_name(selection) + absent, rows)
        frames, sizes = view.traces.of(selection.particle, view.unit)
        drawable = bool(np.isfinite(sizes).any()) and selection.particle >= 0
        self._plot.setVisible(drawable)
        if drawable:
            self._plot.setLabel("left", f"diameter ({view.unit})")
            self.curve.setData(frames, sizes, connect="finite")

    def _show(self, title: str, rows: list[tuple[str, str]]) -> None:
        if self.title.text() != title:
            self.title.setText(title)
        for name, text in rows:
            if name not in self.values:
                self.values[name] = QLabel()
                place = len(self.values)
                heading = QLabel(name)
                self._grid.addWidget(heading, place, 0)
                self._grid.addWidget(self.values[name], place, 1)
            self.values[name].setText(text)
        present = {name for name, _ in rows}
        for index in range(self._grid.count()):
            item = self._grid.itemAt(index)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.setVisible(bool(present))


def _name(selection: Selection) -> str:
    if selection.particle < 0:
        return f"Label {selection.label} of frame {selection.frame}, not linked"
    return f"Track {selection.particle}"
