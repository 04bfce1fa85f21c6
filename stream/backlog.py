"""Frames that wait for their analysis."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
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
    overtaken
        Whether a newer frame was taken before it.
    """

    index: int
    frame: Frame | None
    received_at: float
    clock_s: float
    overtaken: bool = False


class Backlog:
    """Queue between the receiving and the analysing thread: the newest frame goes first.

    Only when the newest frame has been taken do those come that it overtook, the oldest first.

    The pixels held are bounded. Beyond that, frames that are on disk wait there, the oldest first,
    and only their numbers are queued; frames that are nowhere else make `put` wait.

    Parameters
    ----------
    max_bytes
        Pixels to hold in memory. One frame always fits.
    on_disk
        Says of the number of a frame whether it can be read back.
    in_order
        Whether frames are to be taken in the order of their arrival, all of them.
    """

    def __init__(
        self, max_bytes: int, *, on_disk: Callable[[int], bool], in_order: bool = False
    ) -> None:
        self._max_bytes = max_bytes
        self._on_disk = on_disk
        self._in_order = in_order
        self._bytes = 0
        self._queue: deque[Waiting] = deque()
        # Whose pixels are in memory, and on disk as well.
        self._held: OrderedDict[int, Waiting] = OrderedDict()
        self._newest_taken = -1
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, index: int, arrival: Arrival, stopping: Callable[[], bool]) -> None:
        """Append a frame; wait for room if it is nowhere else, unless `stopping` says True."""
        waiting = Waiting(index, arrival.frame, arrival.received_at, arrival.clock_s)
        size, on_disk = arrival.frame.pixels.nbytes, self._on_disk(index)
        with self._changed:
            while self._bytes and self._bytes + size > self._max_bytes:
                if self._held:
                    self._let_go_of_oldest()
                elif on_disk:  # those in memory are nowhere else: this one waits on the disk
                    waiting.frame, size = None, 0
                    break
                elif stopping():
                    break
                else:
                    self._changed.wait(0.1)
            self._bytes += size
            self._queue.append(waiting)
            if on_disk and waiting.frame is not None:
                self._held[index] = waiting
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Waiting | None:
        """Remove and return the next frame, or None if none comes within `timeout_s`."""
        with self._changed:
            if not self._queue:
                self._changed.wait(timeout_s)
            if not self._queue:
                return None
            if self._in_order:
                waiting = self._queue.popleft()
            elif self._queue[-1].index > self._newest_taken:
                waiting = self._queue.pop()
                self._newest_taken = waiting.index
            else:
                waiting = self._queue.popleft()
                waiting.overtaken = True
            if waiting.frame is not None:
                self._bytes -= waiting.frame.pixels.nbytes
                self._held.pop(waiting.index, None)
            self._changed.notify_all()
            return waiting

    def _let_go_of_oldest(self) -> None:
        _, oldest = self._held.popitem(last=False)
        assert oldest.frame is not None
        self._bytes -= oldest.frame.pixels.nbytes
        oldest.frame = None
