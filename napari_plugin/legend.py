"""The colour bar of the outlines."""

from __future__ import annotations

import numpy as np
from qtpy.QtGui import QImage, QPainter, QPaintEvent
from qtpy.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from .colouring import FIRST, LAST, colours


class Legend(QWidget):
    """A colour bar with its two ends; by track only a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = _Bar()
        self.low, self.high, self.note = QLabel(), QLabel(), QLabel()
        self.note.setWordWrap(True)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setColumnStretch(1, 1)
        layout.addWidget(self.low, 0, 0)
        layout.addWidget(self._bar, 0, 1)
        layout.addWidget(self.high, 0, 2)
        layout.addWidget(self.note, 1, 0, 1, 3)
        self.setToolTip("What the colours of the outlines mean")
        self.show_scale("track", (0.0, 0.0), "")

    def show_scale(self, by: str, limits: tuple[float, float], unit: str) -> None:
        """Show the scale `by`, a key of `colouring.COLOURINGS`, from one limit to the other."""
        scaled = by != "track"
        for part in (self.low, self.high, self._bar):
            part.setVisible(scaled)
        if by == "diameter":
            low, high = (f"{limit:.0f} {unit}" for limit in limits)
        else:
            low, high = (f"{limit:g}" for limit in limits)
        note = "Grey: not known" if scaled else "A skyrmion keeps its colour. Grey: not linked"
        for label, text in ((self.low, low), (self.high, high), (self.note, note)):
            if label.text() != text:
                label.setText(text)
        self._bar.show_colours(by)


class _Bar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._by = ""
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(self.fontMetrics().height())

    def show_colours(self, by: str) -> None:
        if by != self._by:
            self._by = by
            rgb = np.ascontiguousarray(255 * colours(by)[FIRST : LAST + 1, :3], np.uint8)
            row = QImage(rgb.tobytes(), len(rgb), 1, 3 * len(rgb), QImage.Format.Format_RGB888)
            self._image = row.copy()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # the name is Qt's
        painter = QPainter(self)
        painter.drawImage(self.rect(), self._image)
        painter.end()
