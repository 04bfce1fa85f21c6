"""The part of the dock with the curves: what to show, against what, and how to save it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import monotonic

import numpy as np
from napari.utils.theme import get_theme
from qtpy.QtCore import QTimer, Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..stream.errors import UserError
from .axis_range import axis_range
from .buttons import push_button
from .curve_data import AXES, QUANTITIES, SWEPT, axis_values, rows_by_direction
from .curve_export import FigureContent, write_csv, write_figure
from .curve_plot import CurvePlot
from .event_list import EventList
from .events import Event
from .histogram import Diameters, diameters_of
from .histogram_plot import HistogramPlot
from .model import LiveModel
from .palette import ON_DARK, ON_LIGHT
from .theme import is_light
from .thinning import SCREEN_POINTS

_BUTTONS = {
    "number": ("Number", "Show or hide the number of skyrmions"),
    "diameter": ("Size", "Show or hide the mean diameter and the interval that holds it, 90 %"),
    "order": ("Order", "Show or hide the order of the lattice; 1 is a perfect triangular one"),
    "births": ("Births", "Show or hide how many skyrmions are born and die away from the border"),
    "sizes": ("Histogram", "Show or hide the distribution of the diameters"),
    "events": ("Events", "Show or hide the list of events and the thresholds"),
}
_SHOWN_AT_FIRST = ("number", "diameter")
#: A longer history is drawn less often, so that the picture keeps its pace: Qt takes longer to
#: paint two plots than napari for a frame.
_LONG, _LONG_EVERY_S = 50, 0.5


class CurvesPanel(QWidget):
    """Plots above each other on one axis, the histogram, the events, and buttons to save them.

    Parameters
    ----------
    model
        The run to show.
    parent
        Qt parent.
    """

    saved = Signal(str)

    def __init__(self, model: LiveModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._pinned: Diameters | None = None
        self._drawn_at = -np.inf
        self._zoomed = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.draw_now)
        self.plots = {quantity.key: CurvePlot(quantity, self) for quantity in QUANTITIES}
        for plot in self.plots.values():
            moved = plot.plot_item.getViewBox().sigRangeChangedManually
            moved.connect(lambda *_, plot=plot: self._follow(plot))
        self.histogram = HistogramPlot(self)
        self.events = EventList(self)
        self.events.thresholds_changed.connect(self.draw_now)
        self.saved.connect(self._say)
        self._build()

    def _build(self) -> None:
        self.axis = QComboBox()
        self.axis.setToolTip("Horizontal axis of the curves")
        for column, name in AXES.items():
            self.axis.addItem(name, column)
        self.axis.currentIndexChanged.connect(self.fit)
        self.fit_button = push_button("Fit", "Show all frames again after zooming", self.fit)
        self.pin = push_button(
            "Pin sizes", "Keep these diameters to compare with", self._pin_or_not
        )
        self.pin.setCheckable(True)
        self.figure = push_button("Figure…", "Save the plots shown as PNG or SVG", self._ask_figure)
        self.table = push_button("Table…", "Save the numbers of all frames as CSV", self._ask_table)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.hide()
        self.shown: dict[str, QPushButton] = {}
        for key, (text, tip) in _BUTTONS.items():
            button = self.shown[key] = push_button(text, tip, self._show_chosen)
            button.setCheckable(True)
            button.setChecked(key in _SHOWN_AT_FIRST)
            button.setMinimumWidth(1)

        top, choice, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(QLabel("Curves against"))
        top.addWidget(self.axis, stretch=1)
        top.addWidget(self.fit_button)
        choice.setSpacing(2)
        for button in self.shown.values():
            # In proportion to its text, so that none is clipped in a narrow dock.
            choice.addWidget(button, stretch=len(button.text()) + 2)
        for button in (self.pin, self.figure, self.table):
            bottom.addWidget(button, stretch=1)
        stack = QWidget()
        stacked = QVBoxLayout(stack)
        stacked.setContentsMargins(0, 0, 0, 0)
        stacked.setSpacing(2)
        for plot in (*self.plots.values(), self.histogram):
            stacked.addWidget(plot, stretch=2)
        stacked.addWidget(self.events, stretch=1)
        scroll = QScrollArea()
        scroll.setWidget(stack)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setMinimumHeight(2 * self.histogram.minimumHeight() + 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for row in (top, choice):
            layout.addLayout(row)
        layout.addWidget(scroll, stretch=1)
        layout.addLayout(bottom)
        layout.addWidget(self.message)
        self._show_chosen()

    @property
    def pinned(self) -> Diameters | None:
        """The diameters that were pinned, None if none are."""
        return self._pinned

    def set_theme(self, name: str) -> None:
        """Take the colours from the napari theme `name`."""
        theme = get_theme(name)
        background = theme.background.as_hex()
        palette = ON_LIGHT if is_light(name) else ON_DARK
        for plot in (*self.plots.values(), self.histogram):
            plot.set_theme(background, theme.text.as_hex(), theme.secondary.as_hex(), palette)
        self.draw_now()

    def draw(self) -> None:
        """Draw the run as it is now; a long one a little later, if it was just drawn."""
        wait_s = self._drawn_at + _LONG_EVERY_S - monotonic()
        if len(self._model.history) <= _LONG or wait_s <= 0:
            self.draw_now()
        elif not self._later.isActive():
            self._later.start(round(1000 * wait_s))

    def draw_now(self) -> None:
        """Draw the run as it is now."""
        self._later.stop()
        history, axis = self._model.history, self.axis.currentData()
        events = self._events()
        places = self._places(events)
        rows = rows_by_direction(history, axis)
        marks = [] if axis in SWEPT else list(zip(places[axis], events, strict=True))
        visible = [plot for key, plot in self.plots.items() if self.shown[key].isChecked()]
        for plot in visible:
            plot.draw(history, axis, rows)
            plot.mark(marks, labels=plot is visible[0])
        if not self._zoomed:
            places_of = history.peaks(axis, slice(0, len(history)), SCREEN_POINTS)
            low, high = axis_range(axis_values(history, axis)[places_of])
            for plot in visible:
                plot.look_at(low, high)
        if self.shown["sizes"].isChecked():
            self.histogram.draw(self._diameters(), self._pinned)
        if self.shown["events"].isChecked():
            self.events.show_events(events, places["time_s"])
        self._drawn_at = monotonic()

    def fit(self) -> None:
        """Draw everything, and zoom out to it."""
        self._zoomed = False
        for plot in (*self.plots.values(), self.histogram):
            plot.enableAutoRange()
        self._show_chosen()

    def save_table(self, path: Path) -> None:
        """Write the numbers of all frames in the background, then say so."""
        history = self._model.history.copy()
        self._save(path, lambda: write_csv(path, history))

    def save_figure(self, path: Path) -> None:
        """Write the plots that are shown in the background, then say so."""
        axis = self.axis.currentData()
        events = [] if axis in SWEPT else self._events()
        chosen = [plot.quantity for key, plot in self.plots.items() if self.shown[key].isChecked()]
        diameters = [self._diameters(), self._pinned] if self.shown["sizes"].isChecked() else []
        content = FigureContent(
            self._model.history.copy(),
            axis,
            chosen,
            list(zip(self._places(events).get(axis, ()), events, strict=False)),
            [each for each in diameters if each is not None],
        )
        self._save(path, lambda: write_figure(path, content))

    def _save(self, path: Path, write: Callable[[], None]) -> None:
        for button in (self.figure, self.table):
            button.setEnabled(False)
        self.message.setText(f"Saving {path.name}")
        self.message.show()
        saved = self.saved

        def run() -> None:
            try:
                write()
                text = f"Saved {path}."
            except UserError as error:
                text = str(error)
            except Exception as error:  # the thread's last word
                text = f"{path.name} could not be saved: {error!r}."
            try:
                saved.emit(text)
            except RuntimeError:  # the window is gone, and nobody reads it
                return

        Thread(target=run, name="skyrmlive export", daemon=True).start()

    def _say(self, text: str) -> None:
        self.message.setText(text)
        for button in (self.figure, self.table):
            button.setEnabled(True)

    def _events(self) -> list[Event]:
        found = [*self._model.bursts.events, *self.events.crossings(self._model.history)]
        return sorted(found, key=lambda event: event.frame)

    def _places(self, events: list[Event]) -> dict[str, np.ndarray]:
        """Return where `events` are on the axes that run on, by frame and time."""
        frames, times = (self._model.history.column(name) for name in ("frame", "time_s"))
        at = np.array([event.frame for event in events], dtype=np.float64)
        rows = np.searchsorted(frames, at).clip(max=max(len(frames) - 1, 0))
        return {"frame": at, "time_s": times[rows] - times[:1] if len(times) else at}

    def _diameters(self) -> Diameters | None:
        return None if self._model.newest is None else diameters_of(self._model.newest.result)

    def _follow(self, moved: CurvePlot) -> None:
        """Give all plots the horizontal range of the one that the operator has moved."""
        self._zoomed = True
        low, high = moved.plot_item.getViewBox().viewRange()[0]
        for plot in self.plots.values():
            if plot is not moved:
                plot.look_at(low, high)

    def _pin_or_not(self) -> None:
        self._pinned = self._diameters() if self.pin.isChecked() else None
        self.pin.setChecked(self._pinned is not None)
        self.shown["sizes"].setChecked(self.shown["sizes"].isChecked() or self.pin.isChecked())
        self._show_chosen()

    def _show_chosen(self) -> None:
        visible = [plot for key, plot in self.plots.items() if self.shown[key].isChecked()]
        lowest = visible[-1] if visible else None
        for plot in self.plots.values():
            plot.setVisible(plot in visible)
            plot.show_axis(self.axis.currentData() if plot is lowest else None)
        self.histogram.setVisible(self.shown["sizes"].isChecked())
        self.events.setVisible(self.shown["events"].isChecked())
        self.draw_now()

    def _ask_figure(self) -> None:
        self._ask("Save the plots", "curves.png", "PNG (*.png);;SVG (*.svg)", self.save_figure)

    def _ask_table(self) -> None:
        self._ask("Save the numbers", "frames.csv", "CSV (*.csv)", self.save_table)

    def _ask(self, title: str, name: str, kinds: str, save: Callable[[Path], None]) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, title, name, kinds)
        if chosen:
            save(Path(chosen))
