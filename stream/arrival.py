"""A frame that has just come in, and whatever frames come from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .frame import Frame

#: Pixels that a source hands over at a time: they are written to disk in parallel.
BATCH_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame and when it came.

    Attributes
    ----------
    frame
        The frame.
    received_at
        Unix seconds at which it was first taken in (by the recorded run, for a replay).
    index
        Its number in the run, where the source gives it; otherwise frames are numbered as they
        come.
    clock_s
        `time.perf_counter` when this process took it in, for latencies.
    """

    frame: Frame
    received_at: float
    index: int | None = None
    clock_s: float = field(default_factory=time.perf_counter)


class FrameSource(Protocol):
    """Where a run takes its frames from: a camera on a socket, or a recording."""

    @property
    def exhausted(self) -> bool:
        """Whether no frame will ever come again."""
        ...

    @property
    def counters(self) -> dict[str, int]:
        """What was counted so far, by name."""
        ...

    @property
    def in_flight(self) -> int:
        """Most frames still to take after a stop: what senders may believe delivered."""
        ...

    def receive(self, timeout_s: float, max_frames: int) -> Sequence[Arrival]:
        """Return the frames at hand, waiting at most `timeout_s` seconds for the first.

        At most `max_frames` are returned; none, if none came.
        """
        ...
