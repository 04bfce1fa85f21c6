"""Hold the picture, step back, and return to what is live."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt, Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSlider, QWidget

from .recent import RecentSnapshots


class PlaybackBar(QWidget):
    """A button and a slider over the recent frames."""

    toggled = Signal()
    sought = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.button = QPushButton("Hold")
        self.button.setToolTip(
            "Stop the picture at this frame, or return to the newest one (Space in the picture).\n"
            "Curves, counters and the recording go on."
        )
        self.button.clicked.connect(self.toggled)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setToolTip(
            "Step through the recent frames (Left and Right in the picture).\n"
            "While the picture is held, the frames before it are kept."
        )
        self.slider.valueChanged.connect(self.sought)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.slider, stretch=1)

    def follow(self, recent: RecentSnapshots) -> None:
        """Show how many frames there are and which is on the screen."""
        blocker = QSignalBlocker(self.slider)
        self.slider.setMaximum(max(0, len(recent) - 1))
        self.slider.setValue(max(0, recent.position))
        blocker.unblock()
        self.slider.setEnabled(len(recent) > 1)
        self.button.setEnabled(len(recent) > 0)
        self.button.setText("Hold" if recent.held is None else "Live")
