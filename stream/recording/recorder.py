"""What a run needs of whatever records it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..frame import Frame
from ..result import FrameResult
from ..stage import StageReading
from .frame_writer import PendingFrames


@dataclass
class PendingGroup:
    """Frames on their way to the disk; `start` is the number, in the run, of the first."""

    start: int
    parts: list[tuple[int, PendingFrames]] = field(default_factory=list)


class Recorder(Protocol):
    """Takes the frames of a run, and their results later, from two threads; see `RunRecorder`."""

    @property
    def n_frames(self) -> int:
        """Number of frames that are safe on disk."""
        ...

    @property
    def path(self) -> Path | None:
        """Folder that is or was written to last, None before the first."""
        ...

    @property
    def paths(self) -> list[Path]:
        """Directories of the recordings made so far."""
        ...

    @property
    def recording_to(self) -> Path | None:
        """Folder that the next frame goes to; None if it is not recorded."""
        ...

    @property
    def disk_is_full(self) -> bool:
        """Whether something waits for space at this moment."""
        ...

    @property
    def unsettled(self) -> list[Path]:
        """Recordings in which a frame was overtaken."""
        ...

    def holds(self, index: int) -> bool:
        """Say whether frame `index` of the run is recorded, and can be read back."""
        ...

    def begin(self, frames: Sequence[tuple[Frame, float]]) -> PendingGroup:
        """Begin to write frames, each with the Unix seconds of its arrival."""
        ...

    def finish(self, group: PendingGroup) -> int:
        """Return the number of the group's first frame when all are safe."""
        ...

    def frame(self, index: int) -> Frame:
        """Read frame `index` of the run back."""
        ...

    def append_result(self, index: int, result: FrameResult) -> None:
        """Append the result of frame `index` of the run."""
        ...

    def append_failure(self, index: int, reason: str) -> None:
        """Note that frame `index` of the run could not be analysed."""
        ...

    def append_stage(self, reading: StageReading) -> None:
        """Append a reading of the stage."""
        ...

    def stop_waiting(self) -> None:
        """Raise from now on where the disk is full, in place of waiting."""
        ...

    def close(self) -> None:
        """Complete all recordings."""
        ...
