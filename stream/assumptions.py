"""What the operator assumes where a camera does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .arrival import Arrival, FrameSource
from .frame import Frame, FrameMetadata

#: Together they are one quantity: who tells one of them has said what the tilt is.
_TILTS = frozenset({"tilt_x_deg", "tilt_y_deg"})


def with_assumptions(metadata: FrameMetadata, assumed: FrameMetadata) -> FrameMetadata:
    """Fill the gaps of a frame's metadata, and name in `assumed` what was filled in.

    Parameters
    ----------
    metadata
        What the frame says; it always wins.
    assumed
        What to take where it is silent.
    """
    told = metadata.model_dump(exclude_none=True).keys()
    if told & _TILTS:
        told |= _TILTS
    known = assumed.model_dump(exclude_none=True).items()
    gaps = {name: value for name, value in known if name not in told}
    if not gaps:
        return metadata
    names = sorted({*(metadata.assumed or ()), *gaps})
    return metadata.model_copy(update=gaps | {"assumed": names})


class AssumingSource:
    """A source of frames whose gaps are filled; they are recorded so, and a replay is the same.

    Parameters
    ----------
    source
        Where the frames come from.
    assumed
        What to take where a frame is silent.
    """

    def __init__(self, source: FrameSource, assumed: FrameMetadata) -> None:
        self._source = source
        self._assumed = assumed

    @property
    def exhausted(self) -> bool:
        """Whether no frame will ever come again."""
        return self._source.exhausted

    @property
    def counters(self) -> dict[str, int]:
        """The counters of the source."""
        return self._source.counters

    @property
    def in_flight(self) -> int:
        """As the source says."""
        return self._source.in_flight

    def receive(self, timeout_s: float, max_frames: int) -> Sequence[Arrival]:
        """Return the frames at hand, see `FrameSource.receive`."""
        return [self._filled(arrival) for arrival in self._source.receive(timeout_s, max_frames)]

    def _filled(self, arrival: Arrival) -> Arrival:
        frame = arrival.frame
        return replace(
            arrival, frame=Frame(frame.pixels, with_assumptions(frame.metadata, self._assumed))
        )
