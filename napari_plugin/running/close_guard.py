"""Asks what is to become of a run before the window that it was started from is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QMainWindow, QMessageBox, QWidget

from .local_run import LocalRun

Answer = Literal["stop", "go on", "stay"]


class CloseGuard(QObject):
    """Lives as long as the window, so that a dock that is closed earlier does not matter.

    Parameters
    ----------
    window
        The window of napari.
    run
        The run that goes on.
    """

    #: How people are asked; a test answers in their place.
    ask: Callable[[QWidget, LocalRun], Answer]

    def __init__(self, window: QMainWindow, run: LocalRun) -> None:
        super().__init__(window)
        self._run = run
        self.ask = ask_what_becomes_of
        for earlier in window.findChildren(CloseGuard):
            if earlier is not self:  # of a dock that was closed meanwhile
                window.removeEventFilter(earlier)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # Qt's name
        """Hold the closing back until somebody has answered."""
        if event is None or event.type() != QEvent.Type.Close or not isinstance(watched, QWidget):
            return False
        self._run.poll()
        if self._run.state.phase not in ("starting", "running"):
            return False
        answer = self.ask(watched, self._run)
        if answer == "stay":
            event.ignore()
            return True
        if answer == "stop":
            self._run.stop()
        return False


def ask_what_becomes_of(window: QWidget, run: LocalRun) -> Answer:
    """Let the operator choose."""
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("A run goes on")
    where = run.state.recording
    recording = "nothing is being recorded" if where is None else f"it is recorded in {where}"
    box.setText(f"A run that was started here still takes frames in; {recording}.")
    box.setInformativeText(
        "Stopped, it finishes what has come, by itself. Otherwise it goes on without napari: "
        "SkyrmNet Live finds it again when it is opened."
    )
    stop = box.addButton("Stop the run, close", QMessageBox.ButtonRole.AcceptRole)
    go_on = box.addButton("Let it go on, close", QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Stay here", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    chosen = box.clickedButton()
    return "stop" if chosen is stop else "go on" if chosen is go_on else "stay"


def main_window(widget: QWidget) -> QMainWindow | None:
    """Return the main window that `widget` is docked in, None if there is none."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QMainWindow):
        parent = parent.parentWidget()
    return parent
