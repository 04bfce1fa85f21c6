"""A recording as a source of frames."""

from __future__ import annotations

import logging
import math
import time

from .arrival import Arrival
from .recording import Recording
from .recording.layout import RecordingError

_log = logging.getLogger(__name__)


class RecordingSource:
    """Plays the frames of a recording, at the pace they were taken or faster.

    Parameters
    ----------
    recording
        The recording.
    speed
        1 is the original pace, 2 twice as fast, infinity as fast as they can be read.
    """

    def __init__(self, recording: Recording, speed: float = math.inf) -> None:
        self._recording = recording
        self._speed = speed
        self._next = 0
        self._damaged = 0
        self._origin: tuple[float, float] | None = None

    @property
    def exhausted(self) -> bool:
        """Whether all frames were played."""
        return self._next >= self._recording.n_frames

    @property
    def counters(self) -> dict[str, int]:
        """Frames played, and frames whose files were damaged."""
        return {"received": self._next - self._damaged, "rejected": self._damaged}

    @property
    def in_flight(self) -> int:
        """None: nobody sends these frames."""
        return 0

    def receive(self, timeout_s: float, max_frames: int) -> list[Arrival]:
        """Return the next frame once its time has come, or nothing after `timeout_s` seconds."""
        if self.exhausted or max_frames < 1:
            return []
        index = self._next
        try:
            wait_s = self._due_in_s(index)
            if wait_s > timeout_s:
                time.sleep(timeout_s)
                return []
            time.sleep(max(0.0, wait_s))
            self._next += 1
            frame = self._recording.frame(index)
            received_at = self._recording.received_at(index)
        except RecordingError as error:
            _log.warning("Frame %d is left out: %s", index, error)
            self._next = index + 1
            self._damaged += 1
            return []
        return [Arrival(frame, received_at, index)]

    def _due_in_s(self, index: int) -> float:
        if math.isinf(self._speed):
            return 0.0
        taken_at = self._recording.metadata(index).timestamp
        if taken_at is None:
            taken_at = self._recording.received_at(index)
        if self._origin is None:
            self._origin = (time.monotonic(), taken_at)
        started, first = self._origin
        return started + (taken_at - first) / self._speed - time.monotonic()
