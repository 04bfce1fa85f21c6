"""The diameters of a track over a whole recording, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import numpy as np

from ...stream.errors import UserError
from ...stream.recording import Recording
from ...stream.result import FrameResult
from ..filters import diameters
from ..selection import Traces

_COLUMNS = ("particle", "diameter_nm", "equivalent_diameter_area", "is_stripe")


class RecordedTraces(Traces):
    """As `Traces`, from the tables on disk instead of from memory.

    Parameters
    ----------
    path
        Folder of the recording.
    on_ready
        Called by another thread when a track that was asked for has been read.
    """

    def __init__(self, path: Path, on_ready: Callable[[], None]) -> None:
        super().__init__(frames=1)
        self._path, self._on_ready = path, on_ready
        self._asked: tuple[int, str] | None = None
        self._found: tuple[np.ndarray, np.ndarray] | None = None
        self._stopping = Event()
        self._thread: Thread | None = None

    def add(self, result: FrameResult) -> None:
        """Do nothing: everything is on the disk."""

    def clear(self) -> None:
        """Forget what was read, and stop reading."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._asked = self._found = self._thread = None

    def of(self, particle: int, unit: str) -> tuple[np.ndarray, np.ndarray]:
        """Return frames and diameters as `Traces.of`; nothing until they have been read."""
        if (particle, unit) != self._asked:
            self.clear()
            self._asked = particle, unit
            if particle >= 0:
                self._stopping = Event()
                self._thread = Thread(
                    target=self._read,
                    args=(particle, unit, self._stopping),
                    name="skyrmlive track",
                    daemon=True,
                )
                self._thread.start()
        return self._found or (np.empty(0, np.int64), np.empty(0))

    def _read(self, particle: int, unit: str, stopping: Event) -> None:
        frames, sizes = [], []
        try:
            recording = Recording(self._path)
            for frame, table in recording.tables(_COLUMNS):
                if stopping.is_set():
                    return
                rows = table.loc[table["particle"].to_numpy() == particle]
                if len(rows):
                    frames.append(frame)
                    sizes.append(diameters(rows, 1.0 if unit == "nm" else None)[0][0])
        except (UserError, OSError):
            return  # the picture has said so already
        self._found = np.array(frames, np.int64), np.array(sizes, np.float64)
        self._on_ready()
