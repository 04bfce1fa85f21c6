"""Joins the controls of a run on this computer with the run itself."""

from __future__ import annotations

from datetime import datetime

from qtpy.QtCore import QObject, QTimer, Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import QWidget

from ...stream.control import RunFolder, running_folders
from ..background import in_background
from .choices import remember
from .close_guard import CloseGuard, main_window
from .engine_chooser import EngineChooser
from .local_run import LocalRun
from .run_panel import RunPanel

_LOOK_EVERY_MS = 200


class RunDesk(QObject):
    """Starts runs, follows the one that goes on, and hands wishes on to it.

    Parameters
    ----------
    owner
        The widget that the controls are part of.
    """

    #: Address of the results of a run that has become ready.
    ready = Signal(str)
    #: The run is over.
    ended = Signal()
    _found = Signal(object)

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self.panel = RunPanel()
        self.engines = EngineChooser()
        self.run: LocalRun | None = None
        self.guard: CloseGuard | None = None
        self.panel.start_wanted.connect(self.start)
        self.panel.stop_wanted.connect(self.stop)
        self.panel.record_wanted.connect(self.record_or_not)
        self.panel.log_wanted.connect(self._show_log)
        self.engines.chosen.connect(self._use_engine)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._found.connect(self._take_over)
        in_background("skyrmlive runs", running_folders, self._found.emit)

    @property
    def running(self) -> bool:
        """Whether a run goes on that is steered from here."""
        return self.run is not None and not self.run.over

    def start(self) -> None:
        """Start a run with what the controls say."""
        if self.running:
            return
        choices = self.panel.chosen(self.engines.engine)
        if problem := choices.problem():
            self.panel.say(problem, bad=True)
            return
        remember(choices)
        self._follow(LocalRun.start(choices))

    def stop(self) -> None:
        """Let the run finish what has come; the second time, leave the rest."""
        if self.run is not None:
            self.run.stop()

    def record_or_not(self) -> None:
        """Begin a recording, or end the one that is on."""
        if self.run is None:
            return
        if self.run.state.recording is None:
            self.run.record(self.panel.recordings.text, datetime.now())
        else:
            self.run.stop_recording()

    def look(self) -> None:
        """Show what has happened since the last look."""
        if self.run is not None and self.run.poll():
            self._show(self.run)

    def _show(self, run: LocalRun) -> None:
        state = run.state
        self.panel.show_state(state)
        if state.results is not None and not self._told and not run.over:
            self._told = True
            self.engines.show_engine(state.engine)
            self.ready.emit(state.results)
        if state.failed:  # an engine that could not be loaded is not the one in use
            self.engines.show_engine(state.engine)
        if run.over:
            self._timer.stop()
            self._drop_guard()
            self.ended.emit()

    def close(self) -> None:
        """Follow the run no more; it goes on, and the window still asks before it is closed."""
        self._timer.stop()

    def _follow(self, run: LocalRun) -> None:
        self.run = run
        self._told = False
        self._drop_guard()
        window = main_window(self._owner)
        if window is not None:
            self.guard = CloseGuard(window, run)
        self.panel.show_state(run.state)
        self._timer.start()

    def _take_over(self, folders: list[RunFolder]) -> None:
        """Follow the latest of the runs that go on without a window."""
        if folders and not self.running:
            run = LocalRun.found(folders[0])
            self._follow(run)
            self._show(run)

    def _use_engine(self, name: str | None) -> None:
        if self.run is not None and self.running:
            self.run.use_engine(name)

    def _show_log(self) -> None:
        if self.run is not None:
            self.panel.show_log(self.run.log_text())

    def _drop_guard(self) -> None:
        if self.guard is not None:
            self.guard.deleteLater()
            self.guard = None
