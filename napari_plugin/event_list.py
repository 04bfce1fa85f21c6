"""The list of events, and the thresholds that the operator sets."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QListWidget, QWidget

from .events import HYSTERESIS_PART, Event, crossings
from .history import History

_MOST_LINES = 200
#: A single skyrmion that flickers is no crossing.
_SMALLEST_NUMBER_STEP = 1.0


class EventList(QWidget):
    """Thresholds above, events below, the newest first.

    Parameters
    ----------
    parent
        Qt parent.
    """

    thresholds_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = _threshold("number of skyrmions", decimals=0, step=10.0, unit="")
        self.diameter = _threshold("mean diameter", decimals=1, step=1.0, unit=" nm")
        self.list = QListWidget()
        self.list.setToolTip("What happened in this run, the newest first")
        self.list.setMinimumHeight(4 * QFontMetrics(self.font()).height())
        for spin in (self.number, self.diameter):
            spin.valueChanged.connect(self.thresholds_changed)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel("Mark number"), 0, 0)
        layout.addWidget(self.number, 0, 1)
        layout.addWidget(QLabel("diameter"), 0, 2)
        layout.addWidget(self.diameter, 0, 3)
        layout.addWidget(self.list, 1, 0, 1, 4)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(3, 1)
        self._shown: tuple[tuple[str, ...], int] = ((), 0)

    def crossings(self, history: History) -> list[Event]:
        """Return where the thresholds that are on were crossed, in the order of the frames."""
        frames, found = history.column("frame"), []
        if self.number.value() > 0:
            found += crossings(
                frames,
                history.column("n_skyrmions"),
                self.number.value(),
                name="number",
                smallest_step=_SMALLEST_NUMBER_STEP,
            )
        if self.diameter.value() > 0:
            found += crossings(
                frames,
                history.column("mean_diameter_nm"),
                self.diameter.value(),
                name="diameter",
                unit="nm",
            )
        return sorted(found, key=lambda event: event.frame)

    def show_events(self, events: list[Event], times_s: np.ndarray) -> None:
        """List `events`, which come in the order of their frames.

        Parameters
        ----------
        events
            All events.
        times_s
            Shape (len(events),): when they were, from the first frame on.
        """
        newest = list(zip(events, times_s, strict=True))[-_MOST_LINES:]
        lines = tuple(
            f"{time_s:.1f} s, frame {event.frame}: {event.text}"
            for event, time_s in reversed(newest)
        )
        if (lines, len(events)) == self._shown:
            return
        self._shown = (lines, len(events))
        self.list.clear()
        self.list.addItems(lines or ("No events so far",))


def _threshold(name: str, *, decimals: int, step: float, unit: str) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setRange(0, 1e6)
    spin.setDecimals(decimals)
    spin.setSingleStep(step)
    spin.setSuffix(unit)
    spin.setSpecialValueText("off")
    spin.setKeyboardTracking(False)
    spin.setToolTip(
        f"Mark where the {name} goes above or below this value by more than "
        f"{100 * HYSTERESIS_PART:.0f} % of it; 0 is off"
    )
    return spin
