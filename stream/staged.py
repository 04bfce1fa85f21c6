"""Readings of the stage for cameras that do not speak the native protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .arrival import Arrival, FrameSource
from .listener import FrameListener


class StagedSource:
    """Frames of one source, with the readings of the stage that come to a native listener.

    Frames that come to the listener are taken as well: nothing that was sent is thrown away.

    Parameters
    ----------
    source
        Where the frames come from.
    listener
        Where the readings come to.
    """

    def __init__(self, source: FrameSource, listener: FrameListener) -> None:
        self._source = source
        self._listener = listener

    @property
    def exhausted(self) -> bool:
        """Whether no frame will ever come again from the source."""
        return self._source.exhausted

    @property
    def counters(self) -> dict[str, int]:
        """The counters of both, added up."""
        counted = dict(self._source.counters)
        for name, count in self._listener.counters.items():
            counted[name] = counted.get(name, 0) + count
        return counted

    @property
    def in_flight(self) -> int:
        """As the source says."""
        return self._source.in_flight

    def receive(self, timeout_s: float, max_frames: int) -> Sequence[Arrival]:
        """Return the frames at hand, see `FrameSource.receive`."""
        arrivals = list(self._listener.receive(0, max_frames))
        if len(arrivals) == max_frames:
            return arrivals
        wait_s = 0 if arrivals else timeout_s
        for arrival in self._source.receive(wait_s, max_frames - len(arrivals)):
            frame = self._listener.stage.attach(arrival.frame, arrival.received_at)
            arrivals.append(replace(arrival, frame=frame))
        return arrivals
