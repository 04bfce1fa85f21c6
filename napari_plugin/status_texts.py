"""The three texts that say how things stand: the numbers, the details, and what to doubt."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from .connection import Connection
from .model import LiveModel, Status
from .run_status import run_details, run_warnings
from .theme import warning_colour
from .words import unbroken

#: A run speaks every second. A few of its words may be lost on a busy network.
_SILENT_AFTER_S = 5.0


class StatusTexts(QWidget):
    """Shows a `Status`; an empty text takes no room."""

    def __init__(self) -> None:
        super().__init__()
        self.headline, self.details, self.warnings = QLabel(), QLabel(), QLabel()
        self.headline.setToolTip(
            "Skyrmions in this frame; their mean diameter, and in brackets the interval that holds "
            "it, 90 %"
        )
        self.details.setToolTip("The frame on the screen, and how the run stands")
        self.warnings.setToolTip("What should make you doubt the numbers, or act")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for label in (self.headline, self.details, self.warnings):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label)

    def show_status(self, status: Status) -> None:
        """Show these texts."""
        for label, text in (
            (self.headline, status.headline),
            (self.details, status.details),
            (self.warnings, status.warnings),
        ):
            if label.text() != text:
                label.setText(text)
            label.setVisible(bool(text))

    def set_theme(self, name: str) -> None:
        """Take the colours from the napari theme `name`."""
        self.headline.setStyleSheet("font-size: 16pt;")
        self.warnings.setStyleSheet(f"color: {warning_colour(name)};")


def whole_status(model: LiveModel, connection: Connection, now: float) -> Status:
    """Say what the model, the connection and the run itself have to say.

    Parameters
    ----------
    model
        What is shown.
    connection
        Where it comes from.
    now
        Seconds of `time.monotonic`.
    """
    status, address = model.status(now), connection.address
    details, warnings = _words_of_the_run(connection, now)
    if address is None:
        prefix = "Not connected"
    elif model.newest is None:
        prefix = f"Waiting for results from {address}"
    else:
        prefix = ""
    details = [prefix, status.details, *map(unbroken, details)]
    warnings = [connection.problem, status.warnings, *warnings]
    return Status(
        status.headline,
        "  ·  ".join(text for text in details if text),
        "\n".join(text for text in warnings if text),
    )


def _words_of_the_run(connection: Connection, now: float) -> tuple[list[str], list[str]]:
    """Return details and warnings from what the run says about itself."""
    run, quiet_s = connection.status, connection.quiet_s(now)
    if run is None:
        return [], []
    if run.state != "ended" and quiet_s > _SILENT_AFTER_S:
        # What it said last need not be true any more.
        return [], [f"The run has said nothing for {quiet_s:.0f} s; is it still running?"]
    return run_details(run), run_warnings(run)
