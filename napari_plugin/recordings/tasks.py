"""Work that goes on beside the window: analyses in a process, exports in a thread. No Qt."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

from ...inference.movie import Cancelled
from ...stream.errors import UserError
from ...stream.recording.again import part_of
from ...stream.recording.jsonl import JsonLinesReader
from ...stream.recording.layout import RESULTS
from ..own_process import start_apart

_log = logging.getLogger(__name__)
_STOP_S = 5.0


class Task(Protocol):
    """Something long that can be watched and cancelled."""

    title: str

    def progress(self) -> float | None:
        """Return the part that is done, 0 to 1; None while that is not known."""
        ...

    def outcome(self) -> Outcome | None:
        """Return how it ended, None while it goes on."""
        ...

    def cancel(self) -> None:
        """Ask it to end, and to leave nothing behind."""
        ...

    def close(self) -> None:
        """Cancel it if it still goes on, and wait for its end."""
        ...


class Outcome:
    """How a task ended.

    Attributes
    ----------
    text
        A sentence for the operator.
    result
        What it made; None if it failed or was cancelled.
    """

    def __init__(self, text: str, result: Path | None = None) -> None:
        self.text, self.result = text, result


class Analysis:
    """Analyses a recording, or image files, into a new recording by `skyrmlive replay`.

    It is a process of its own: the window keeps its pace, and an engine that fails cannot take the
    window with it.

    Parameters
    ----------
    paths
        Folder of a recording, or image files and folders of them.
    to
        The new recording.
    n_frames
        Frames to analyse.
    engine
        Name of the engine, None for the one that suits each frame.
    options
        Further options of `skyrmlive replay`.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        to: Path,
        n_frames: int,
        engine: str | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.title = "Analysing"
        self._to, self._n_frames = to, n_frames
        self._cancelled = False
        self._lines: JsonLinesReader | None = None
        # Open for as long as the process may write into it; `close` closes it.
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        command = [sys.executable, "-m", "skyrmlive.cli.main", "replay", *map(str, paths)]
        command += ["--to", str(to), *options]
        command += [] if engine is None else ["--engine", engine]
        self._process = start_apart(command, self._said)

    def progress(self) -> float | None:
        """Return the part of the frames that have their result."""
        if self._lines is None:
            part = part_of(self._to) / RESULTS
            path = part if part.exists() else self._to / RESULTS
            if not path.exists():
                return None  # the engine is being loaded
            self._lines = JsonLinesReader(path)
        self._lines.refresh()
        return len(self._lines) / max(1, self._n_frames)

    def outcome(self) -> Outcome | None:
        """Return how the process ended, None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        if self._cancelled:
            self._remove()
            return Outcome("The analysis was cancelled; nothing of it is kept.")
        if code == 0 and self._to.is_dir():
            return Outcome(f"Analysed: {self._to.name}.", self._to)
        self._remove()
        return Outcome(self._reason(code))

    def cancel(self) -> None:
        """Ask the process to end."""
        self._cancelled = True
        self._process.terminate()

    def close(self) -> None:
        """End the process, if it still runs."""
        if self._process.poll() is None:
            self.cancel()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._remove()
        self._said.close()

    def _remove(self) -> None:
        """Remove what is not complete: a process that was killed could not do so itself."""
        part = part_of(self._to)
        for leftover in (part, self._to):
            if leftover.exists():
                shutil.rmtree(leftover, ignore_errors=True)

    def _reason(self, code: int) -> str:
        if self._said.closed:
            return "The analysis ended."
        self._said.seek(0)
        lines = [line.strip() for line in self._said.read().splitlines() if line.strip()]
        if lines:
            return lines[-1].removeprefix("skyrmlive: ")
        return f"The analysis ended with code {code}, and did not say why."


class Export:
    """Writes files in a thread.

    Parameters
    ----------
    title
        What it does, for the operator.
    path
        What it writes.
    write
        Does the work, given two functions: one to tell the part that is done, one to ask whether
        somebody has cancelled, after which it raises `Cancelled`.
    """

    def __init__(
        self,
        title: str,
        path: Path,
        write: Callable[[Callable[[float], None], Callable[[], bool]], object],
    ) -> None:
        self.title = title
        self._path, self._write = path, write
        self._done = 0.0
        self._cancelled = Event()
        self._outcome: Outcome | None = None
        self._thread = Thread(target=self._run, name="skyrmlive export", daemon=True)
        self._thread.start()

    def progress(self) -> float | None:
        """Return the part that is done."""
        return self._done

    def outcome(self) -> Outcome | None:
        """Return how it ended, None while it goes on."""
        return self._outcome

    def cancel(self) -> None:
        """Ask the thread to end."""
        self._cancelled.set()

    def close(self) -> None:
        """Cancel, and wait for the thread."""
        self.cancel()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._write(self._tell, self._cancelled.is_set)
            self._outcome = Outcome(f"Saved {self._path}.", self._path)
        except Cancelled:
            self._outcome = Outcome("Cancelled; nothing was saved.")
        except UserError as error:
            self._outcome = Outcome(str(error))
        except Exception as error:  # the thread's last word
            _log.exception("%s could not be written", self._path)
            self._outcome = Outcome(f"{self._path.name} could not be saved: {error!r}.")

    def _tell(self, done: float) -> None:
        self._done = done
