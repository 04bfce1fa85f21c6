"""A run on this computer, in a process of its own: started, found again, steered, stopped."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any, Literal

from pydantic import ValidationError

from ...stream.control import (
    Command,
    Event,
    LineTail,
    RunFolder,
    append_line,
    new_run_folder,
)
from ...stream.errors import UserError
from ..own_process import start_apart
from .choices import RunChoices, recording_path

Phase = Literal["starting", "running", "stopping", "ended"]


@dataclass(frozen=True)
class RunState:
    """How a run stands, as far as it has said.

    Attributes
    ----------
    phase
        Where it is between start and end.
    source, results
        Where its frames come from, and where its results are; None until it is ready.
    recording
        The folder that new frames go to, None while they are not recorded.
    recorded
        The folder of the last recording, None before the first.
    engine
        The engine that was chosen, None for the one that suits each frame.
    message
        What it said last, in words.
    failed
        Whether `message` is bad news.
    """

    phase: Phase = "starting"
    source: str | None = None
    results: str | None = None
    recording: str | None = None
    recorded: str | None = None
    engine: str | None = None
    message: str = "Starting; this takes a few seconds."
    failed: bool = False

    def after(self, event: Event) -> RunState:
        """Return the state after `event`."""
        told = replace(self, message=event.text, failed=event.failed)
        if event.event == "ready":
            phase: Phase = "running" if self.phase == "starting" else self.phase
            return replace(
                told,
                phase=phase,
                source=event.source,
                results=event.results,
                recording=event.path,
                recorded=event.path,
                engine=event.engine,
            )
        if event.event == "recording":
            return replace(told, recording=event.path, recorded=event.path)
        if event.event == "not recording":
            return replace(told, recording=None)
        if event.event == "engine":
            return replace(told, engine=event.engine)
        if event.event == "refused":
            return replace(told, failed=True)
        if event.event == "stopping":
            return replace(told, phase="stopping")
        return replace(told, phase="ended", recording=None)


class LocalRun:
    """One run. It does not depend on this program: what becomes of napari is nothing to it.

    Every method returns at once. What has happened shows after the next `poll`.

    Attributes
    ----------
    state
        How it stands.
    folder
        What it is steered by; None until it is made.
    """

    def __init__(self) -> None:
        self.state = RunState()
        self.folder: RunFolder | None = None
        self._tail: LineTail | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._problem = ""
        self._wishes: list[Command] = []

    @classmethod
    def start(cls, choices: RunChoices) -> LocalRun:
        """Start a run in a process of its own."""
        run = cls()
        name = "skyrmlive launch"
        Thread(target=run._launch, args=(choices,), name=name, daemon=True).start()
        return run

    @classmethod
    def found(cls, folder: RunFolder) -> LocalRun:
        """Take over a run that goes on although the program that started it is gone."""
        run = cls()
        run._use(folder)
        run.poll()
        return run

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state.phase == "ended"

    def poll(self) -> bool:
        """Read what has happened since the last call; say whether anything has."""
        before = self.state
        if self._problem:
            self.state = replace(
                self.state, phase="ended", message=self._problem, failed=True, recording=None
            )
        elif self.folder is not None and self._tail is not None:
            gone = self._gone()  # asked first: what it has said until then is all
            for document in self._tail.read():
                self.state = self.state.after(_event(document))
            if gone and not self.over:
                self.state = replace(
                    self.state, phase="ended", message=self._last_words(), failed=True
                )
            if self.folder is not None and self._wishes:
                wishes, self._wishes = self._wishes, []
                for wish in wishes:
                    self._ask(wish)
        return self.state != before

    def record(self, folder: str, now: datetime) -> None:
        """Record from now on, under a new name in `folder`."""
        self._ask(Command(do="record", path=str(recording_path(folder, now))))

    def stop_recording(self) -> None:
        """Record no more; the run goes on."""
        self._ask(Command(do="stop recording"))

    def use_engine(self, name: str | None) -> None:
        """Analyse with another engine from the next frame on, None for the best for each."""
        self._ask(Command(do="engine", engine=name))

    def stop(self) -> None:
        """Take in what has come and finish it; a second time leave what is not analysed."""
        self._ask(Command(do="stop"))

    def log_text(self) -> str:
        """Return what the run has written beside its events."""
        if self.folder is None:
            return ""
        try:
            return self.folder.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def _launch(self, choices: RunChoices) -> None:
        """Start the process, off the main thread, since that may take a while."""
        try:
            folder = new_run_folder()
            recording = None
            if choices.record:
                recording = recording_path(choices.recordings, datetime.now())
            with folder.log.open("wb") as log:
                # On Windows a folder that a program works in cannot be removed.
                place = Path.home() if sys.platform == "win32" else None
                words = choices.command(folder.path, recording)
                self._process = start_apart(words, log, place, choices.environment())
            self._use(folder)
        except UserError as error:
            self._problem = str(error)
        except OSError as error:
            self._problem = f"The run could not be started: {error.strerror or error}."

    def _use(self, folder: RunFolder) -> None:
        self._tail = LineTail(folder.events)
        self.folder = folder

    def _ask(self, command: Command) -> None:
        if self.folder is None:
            self._wishes.append(command)  # said as soon as there is somebody to hear it
            return
        try:
            append_line(self.folder.commands, command.model_dump(exclude_none=True))
        except OSError as error:
            self.state = replace(
                self.state, message=f"The run cannot be told: {error.strerror}.", failed=True
            )

    def _gone(self) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return self.folder is not None and not self.folder.is_running()

    def _last_words(self) -> str:
        lines = [line for line in self.log_text().splitlines() if line.strip()]
        said = f" Its last words: {lines[-1].strip()}" if lines else ""
        kept = f" What came until then is in {self.state.recorded}." if self.state.recorded else ""
        return f"The run has ended without a word.{said}{kept}"


def _event(document: dict[str, Any]) -> Event:
    try:
        return Event.model_validate(document)
    except ValidationError:
        return Event(event="refused", text="The run has said something that is not understood.")
