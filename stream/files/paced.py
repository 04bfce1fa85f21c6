"""Files, stacks and folders as a source of frames, at the pace of the microscope or faster."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from ..arrival import BATCH_BYTES, Arrival
from ..closing import Closing
from ..errors import UserError
from ..frame import Frame, FrameMetadata
from .source import FilesSource, frames_of

_log = logging.getLogger(__name__)


class PacedFiles(Closing):
    """Plays image files, stacks and folders, by the timestamps of their frames or at a given rate.

    Frames are read one by one, a little before their time. A file that is damaged is logged,
    counted and left out.

    Parameters
    ----------
    paths
        Files and folders, as for `FilesSource`.
    speed
        1 is the original pace, 2 twice as fast, infinity as fast as they can be read.
    rate
        Frames a second, at speed 1, for frames without a timestamp.
    overrides
        Metadata that wins over what the files say.

    Raises
    ------
    UserError
        If a path does not exist or holds nothing readable, or if the first frame has no timestamp
        and neither a rate nor an infinite speed says what its pace is.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        speed: float = math.inf,
        rate: float | None = None,
        overrides: FrameMetadata | None = None,
    ) -> None:
        if not speed > 0:
            raise UserError("The speed must be greater than 0.")
        if rate is not None and not rate > 0:
            raise UserError("The rate must be greater than 0.")
        self.received = 0
        self.rejected = 0
        self._speed = speed
        self._interval_s = 0.0 if rate is None else 1 / rate
        self._files = FilesSource(paths).files
        self._overrides = overrides
        self._frames = self._read()
        self._ahead = next(self._frames, None)
        self._due: float | None = None
        if rate is None and math.isfinite(speed) and self._ahead is not None:
            first = self._ahead.metadata
            if first.timestamp is None:
                raise UserError(f"{first.source} has no timestamps; give the frames per second.")

    @property
    def exhausted(self) -> bool:
        """Whether all frames were played."""
        return self._ahead is None

    @property
    def counters(self) -> dict[str, int]:
        """Frames played, and files that were left out as damaged."""
        return {"received": self.received, "rejected": self.rejected}

    @property
    def in_flight(self) -> int:
        """None: nobody sends these frames."""
        return 0

    def receive(self, timeout_s: float, max_frames: int) -> list[Arrival]:
        """Return the frames whose time has come, waiting at most `timeout_s` for the first.

        At most `max_frames` are returned, and fewer if they are large.
        """
        deadline = time.monotonic() + timeout_s
        if self._due is None:
            self._due = time.monotonic()
        arrivals: list[Arrival] = []
        n_bytes = 0
        while self._ahead is not None and len(arrivals) < max_frames and n_bytes < BATCH_BYTES:
            frame = self._ahead
            now = time.monotonic()
            if self._due > now:
                if arrivals:
                    break
                time.sleep(max(0.0, min(self._due, deadline) - now))
                if self._due > deadline:
                    break
            arrivals.append(Arrival(frame, time.time()))
            n_bytes += frame.pixels.nbytes
            self._ahead = next(self._frames, None)
            if self._ahead is not None:
                self._due += self._gap_s(frame, self._ahead) / self._speed
        self.received += len(arrivals)
        return arrivals

    def close(self) -> None:
        """Let go of the file that is being read."""
        self._frames.close()
        self._ahead = None

    def _read(self) -> Generator[Frame, None, None]:
        for file in self._files:
            try:
                yield from frames_of(file, self._overrides)
            except UserError as error:
                _log.warning("Left out: %s", error)
                self.rejected += 1

    def _gap_s(self, frame: Frame, after: Frame) -> float:
        """Return the seconds between two frames; none where time goes back, as a new run does."""
        first, second = frame.metadata.timestamp, after.metadata.timestamp
        if first is None or second is None:
            return self._interval_s
        return max(0.0, second - first)
