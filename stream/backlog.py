"""Frames that wait for their analysis."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .arrival import Arrival
from .frame import Frame


@dataclass(slots=True)
class Waiting:
    """One frame in the queue.

    Attributes
    ----------
    index
        Its number in the run.
    frame
        The frame; None if it must be read back from the recording.
    received_at, clock_s
        As in `Arrival`.
    """

    index: int
    frame: Frame | None
    received_at: float
    clock_s: float


class Backlog:
    """First-in-first-out queue between the receiving and the analysing thread.

    The pixels held are bounded. Beyond that, frames that are on disk wait there and only their
    numbers are queued; frames that are nowhere else make `put` wait.

    Parameters
    ----------
    max_bytes
        Pixels to hold in memory. One frame always fits.
    on_disk
        Whether every frame can be read back.
    """

    def __init__(self, max_bytes: int, *, on_disk: bool) -> None:
        self._max_bytes = max_bytes
        self._on_disk = on_disk
        self._bytes = 0
        self._queue: deque[Waiting] = deque()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, index: int, arrival: Arrival, stopping: Callable[[], bool]) -> None:
        """Append a frame; wait for room if it is nowhere else, unless `stopping` says True."""
        frame: Frame | None = arrival.frame
        size = arrival.frame.pixels.nbytes
        with self._changed:
            while self._bytes and self._bytes + size > self._max_bytes:
                if self._on_disk:
                    frame = None
                    break
                if stopping():
                    break
                self._changed.wait(0.1)
            self._bytes += size if frame is not None else 0
            self._queue.append(Waiting(index, frame, arrival.received_at, arrival.clock_s))
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Waiting | None:
        """Remove and return the oldest frame, or None if none comes within `timeout_s`."""
        with self._changed:
            if not self._queue:
                self._changed.wait(timeout_s)
            if not self._queue:
                return None
            waiting = self._queue.popleft()
            if waiting.frame is not None:
                self._bytes -= waiting.frame.pixels.nbytes
            self._changed.notify_all()
            return waiting
