"""Analyses and exports of what is open: one at a time, with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from qtpy.QtCore import QObject, QTimer

from ...inference.movie import RATE_HZ
from ...stream.errors import UserError
from ...stream.recording.again import name_beside
from .exports import movie_task, tables_task
from .recording_panel import RecordingPanel
from .tasks import Analysis, Task

_LOOK_MS = 250


class Work(QObject):
    """Starts what the panel asks for and shows how far it is.

    Parameters
    ----------
    panel
        The controls.
    open_result
        Called with a new recording when its analysis has ended.
    """

    def __init__(
        self, panel: RecordingPanel, open_result: Callable[[Sequence[Path]], None]
    ) -> None:
        super().__init__(panel)
        self._panel, self._open_result = panel, open_result
        self._recording: Path | None = None
        self._paths: list[Path] = []
        self._n_frames = 0
        self._running: list[Task] = []
        # When the window goes, only this is left to say so.
        running = self._running
        panel.destroyed.connect(lambda: [task.close() for task in running])
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        panel.analysis_asked.connect(self.analyse)
        panel.movie_asked.connect(self.save_movie)
        panel.tables_asked.connect(self.save_tables)
        panel.cancelled.connect(self.cancel)

    @property
    def task(self) -> Task | None:
        """What is under way, None if nothing is."""
        return self._running[0] if self._running else None

    def follow(self, recording: Path | None, paths: Sequence[Path], n_frames: int) -> None:
        """Take note of what is open: a recording, or else files, and how many frames they have.

        What is under way goes on.
        """
        self._recording, self._paths, self._n_frames = recording, list(paths), n_frames

    def analyse(self, engine: str | None = None) -> None:
        """Analyse what is open with an engine, by default the one that suits each frame."""
        if not self._paths:
            return
        source = self._paths[0].resolve()
        if self._recording is None and source.is_file():
            source = source.with_suffix("")
        to = name_beside(source, engine or "analysed")
        self._begin(lambda: Analysis(self._paths, to, self._n_frames, engine))

    def save_movie(self, path: Path, rate_hz: float = RATE_HZ) -> None:
        """Save all frames of the recording as a movie."""
        recording = self._recording
        if recording is not None:
            self._begin(lambda: movie_task(recording, path, rate_hz))

    def save_tables(self, folder: Path) -> None:
        """Save the tables of the recording into a new folder."""
        recording = self._recording
        if recording is not None:
            self._begin(lambda: tables_task(recording, folder, ("csv", "parquet")))

    def cancel(self) -> None:
        """Cancel what is under way."""
        if self.task is not None:
            self._panel.say("Cancelling.")
            self.task.cancel()

    def close(self) -> None:
        """Cancel what is under way and wait for its end."""
        self._timer.stop()
        if self.task is not None:
            self.task.close()
            self._running.clear()

    def _begin(self, start: Callable[[], Task]) -> None:
        if self.task is not None:
            return
        try:
            self._running.append(start())
        except (UserError, OSError) as error:
            self._panel.say(f"It could not be started: {error}")
            return
        self._panel.say("")
        self._timer.start()
        self._look()

    def _look(self) -> None:
        task = self.task
        if task is None:
            return
        outcome = task.outcome()
        if outcome is None:
            self._panel.show_task(task.title, task.progress())
            return
        self._timer.stop()
        self._running.clear()
        task.close()
        self._panel.show_task(None, None)
        if isinstance(task, Analysis) and outcome.result is not None:
            self._open_result([outcome.result])
        self._panel.say(outcome.text)
