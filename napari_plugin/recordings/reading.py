"""The threads that read one recording for the window."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from ...stream.errors import UserError
from ..births import TrackChanges
from ..history import History
from .frame_loader import FrameLoader
from .recorded_run import RecordedRun, track_changes
from .recorded_traces import RecordedTraces


class Reading:
    """Reads frames ahead, the numbers of the run, then its births and deaths, and tracks.

    The callbacks are called by threads; that the window is gone is no matter.

    Parameters
    ----------
    run
        The recording.
    on_history
        Called with the numbers of the whole run and its engines.
    on_changes
        Called with what all frames tell about births and deaths.
    on_frame
        Called when the frame that is wanted has become available.
    on_track
        Called when a track that was asked for has been read.
    on_problem
        Called with a sentence when something cannot be read.

    Attributes
    ----------
    loader
        Gives frames.
    traces
        Gives tracks.
    history, changes
        What the callbacks were called with, None before.
    """

    def __init__(
        self,
        run: RecordedRun,
        *,
        on_history: Callable[[History, list[str]], None],
        on_changes: Callable[[list[TrackChanges]], None],
        on_frame: Callable[[], None],
        on_track: Callable[[], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self._path = run.path
        self._on_history, self._on_changes = on_history, on_changes
        self._on_problem = _unless_gone(on_problem)
        self.history: History | None = None
        self.changes: list[TrackChanges] | None = None
        self._survey: Thread | None = None
        self._stopping = Event()
        self.traces = RecordedTraces(run.path, _unless_gone(on_track))
        self.loader = FrameLoader(run, self._take_history, _unless_gone(on_frame), self._on_problem)

    def close(self) -> None:
        """End all threads; it may be called more than once."""
        self._stopping.set()
        self.loader.close()
        if self._survey is not None:
            self._survey.join()
        self.traces.clear()

    def _take_history(self, history: History, engines: list[str]) -> None:
        self.history = history
        _unless_gone(self._on_history)(history, engines)
        self._survey = Thread(target=self._look_at_tracks, name="skyrmlive births", daemon=True)
        self._survey.start()

    def _look_at_tracks(self) -> None:
        try:
            self.changes = list(track_changes(self._path, self._stopping.is_set))
        except (UserError, OSError) as error:  # the folder may go while it is open
            self._on_problem(f"Births and deaths cannot be read: {error}")
            return
        if not self._stopping.is_set():
            _unless_gone(self._on_changes)(self.changes)


def _unless_gone(call: Callable[..., None]) -> Callable[..., None]:
    """Return `call` for a thread that may outlive the window by a moment."""

    def guarded(*arguments: Any) -> None:
        try:
            call(*arguments)
        except RuntimeError:  # Qt: the object that would tell the window is deleted
            return

    return guarded
