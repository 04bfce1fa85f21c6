"""`serve --control FOLDER`: another program, such as the viewer, steers the run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ..stream.control import Command, Event, LineTail, RunFolder, append_line
from ..stream.control.folder import RunLock
from ..stream.errors import UserError
from .stopping import Signals

if TYPE_CHECKING:
    from ..inference.engine import Engine
    from ..inference.engine_switch import EngineSwitch
    from ..stream.frame import FrameMetadata
    from ..stream.recording import SwitchedRecorder

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.1


class RunControl:
    """Does what the lines in a run's folder ask for, and writes there what has happened.

    Nothing of this depends on whoever has started the run: if that ends, the run goes on, and
    another program may steer it.

    Parameters
    ----------
    folder
        The folder, see `RunFolder`.
    signals
        What a wish to stop is handed on to.

    Raises
    ------
    UserError
        If the folder cannot be used, or another run does.
    """

    def __init__(self, folder: Path, signals: Signals) -> None:
        self._folder = RunFolder(folder)
        self._signals = signals
        self._recorder: SwitchedRecorder | None = None
        self._engines: EngineSwitch | None = None
        self._find_engine: Callable[[str | None], Engine | Callable[[FrameMetadata], Engine]]
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="control", daemon=True)
        try:
            self._lock = RunLock(folder)
        except OSError as error:
            raise UserError(f"Cannot be steered from {folder}: {error.strerror}.") from None
        if not self._lock.taken:
            raise UserError(f"Another run is steered from {folder}.")

    def ready(
        self,
        *,
        source: str,
        results: str | None,
        recorder: SwitchedRecorder,
        engines: EngineSwitch,
        engine: str | None,
        find_engine: Callable[[str | None], Engine | Callable[[FrameMetadata], Engine]],
    ) -> None:
        """Say that frames come in; from now on recording and engine may be changed.

        Parameters
        ----------
        source
            Where frames come from.
        results
            Address of the publisher, if there is one.
        recorder, engines
            What is switched.
        engine
            The engine chosen at first; None for the one that suits each frame.
        find_engine
            Returns the engine of a name, or for None what chooses one for each frame.
        """
        self._recorder, self._engines, self._find_engine = recorder, engines, find_engine
        path = recorder.recording_to
        self._say(
            Event(
                event="ready",
                text=f"Frames from {source}.",
                source=source,
                results=results,
                engine=engine,
                path=None if path is None else str(path),
            )
        )

    def report(self, text: str) -> None:
        """Say how the run ended, before it is left."""
        self._say(Event(event="ended", text=text))
        self._leaving.set()

    def __enter__(self) -> RunControl:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._leaving.is_set():
            text = str(error) if isinstance(error, UserError) else f"The run ended: {error!r}."
            self._say(Event(event="ended", text=text, failed=True))
        self._leaving.set()
        self._thread.join()
        self._lock.close()

    def _follow(self) -> None:
        tail = LineTail(self._folder.commands)
        while not self._leaving.wait(_LOOK_EVERY_S):
            for document in tail.read():
                try:
                    self._do(Command.model_validate(document))
                except ValidationError:
                    self._say(Event(event="refused", text=f"Not understood: {document}."))
                except UserError as error:
                    self._say(Event(event="refused", text=str(error)))
                except Exception as error:  # a wish that fails must not end the steering
                    _log.exception("What was asked for failed: %s", document)
                    self._say(Event(event="refused", text=f"That failed: {error!r}."))

    def _do(self, command: Command) -> None:
        if command.do == "stop":
            self._say(Event(event="stopping", text="Finishing what has come."))
            self._signals.ask()
            return
        if self._recorder is None or self._engines is None:
            raise UserError("The run has not begun yet.")
        if command.do == "engine":
            self._engines.use(self._find_engine(command.engine))
            name = command.engine or "the one that suits each frame"
            text = f"From the next frame on with the engine: {name}."
            self._say(Event(event="engine", text=text, engine=command.engine))
        elif command.do == "record":
            if command.path is None:
                raise UserError("A recording needs a folder.")
            self._recorder.start(command.path)
            text = f"Recording in {command.path}."
            self._say(Event(event="recording", text=text, path=command.path))
        else:
            path = self._recorder.stop()
            text = "Not recording." if path is None else f"Recorded in {path}."
            path_text = None if path is None else str(path)
            self._say(Event(event="not recording", text=text, path=path_text))

    def _say(self, event: Event) -> None:
        try:
            append_line(self._folder.events, event.model_dump(exclude_none=True))
        except OSError as error:  # frames are worth more than words about them
            _log.error("The steering program is not told: %s", error)
