"""Records a run: whatever frames come, in the order they come."""

from __future__ import annotations

import json
import logging
import os
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..frame import Frame
from ..result import FrameResult
from ..stage import StageReading
from .claim import Claim
from .frame_writer import FrameWriter
from .jsonl import JsonLinesWriter
from .layout import STAGE, DiskFull, RecordingError
from .reader import Recording
from .recorder import PendingGroup
from .result_writer import ResultWriter

_log = logging.getLogger(__name__)
_Done = TypeVar("_Done")
_LOOK_AGAIN_S = 0.5


@dataclass
class _Segment:
    frames: FrameWriter
    shape: tuple[int, int]
    dtype: np.dtype
    pixel_size_nm: float | None
    results: ResultWriter | None = None
    reader: Recording | None = None

    def takes(self, frame: Frame) -> bool:
        return frame.shape == self.shape and frame.pixels.dtype == self.dtype


class RunRecorder:
    """Appends frames to a recording, and their results later, from two threads.

    An image array has one shape and one pixel type. When the camera changes either, its frames go
    to a second recording beside the first (``run``, then ``run-2``, ...), and back to the first
    when it changes back, so that nothing is lost and every recording stays an ordinary OME-Zarr.

    Frames are appended by one thread; results are appended and frames read back by one other.

    While the disk is full, appending waits for space, and whoever sends frames waits with it.

    Parameters
    ----------
    path
        Directory to make; it may exist only if it is empty.

    Raises
    ------
    UserError
        If there is something in `path` already, another run records there, or it cannot be made.

    Attributes
    ----------
    disk_is_full
        Whether something waits for space at this moment.
    """

    def __init__(self, path: Path | str) -> None:
        path = Path(path)
        # "." has no name that a second recording beside it could have
        self.path = path if path.name not in ("", "..") else Path(os.path.abspath(path))
        self._segments: list[_Segment] = []
        self._where = array("q")  # frame of the run -> number of its segment
        self._place = array("q")  # frame of the run -> place within that segment
        self._n_begun = 0
        self._stage: JsonLinesWriter | None = None
        self._impatient = False
        self.disk_is_full = False
        #: One a segment, and of a segment that cannot be begun yet.
        self._claims = [Claim.of_new(self.path)]

    @property
    def n_frames(self) -> int:
        """Number of frames that are safe on disk."""
        return len(self._place)

    @property
    def recording_to(self) -> Path:
        """Folder that the next frame goes to."""
        return self.path

    def holds(self, index: int) -> bool:
        """Say that frame `index` of the run is recorded: all are."""
        return True

    @property
    def paths(self) -> list[Path]:
        """Directories of the recordings made so far."""
        return [segment.frames.path for segment in self._segments]

    def append(self, frames: Sequence[tuple[Frame, float]]) -> int:
        """Append frames, each with the Unix seconds of its arrival; return when they are safe.

        Returns
        -------
        int
            Number, in this run, of the first of them.

        Raises
        ------
        RecordingError
            If the disk refuses.
        """
        return self.finish(self.begin(frames))

    def begin(self, frames: Sequence[tuple[Frame, float]]) -> PendingGroup:
        """Begin to write frames, as `append` does, while others may still be on their way.

        `finish` groups in the order in which they were begun: packing one then goes on while the
        disk confirms the other.
        """
        group = PendingGroup(self._n_begun)
        begin = 0
        while begin < len(frames):
            number = self._when_there_is_space(partial(self._segment_for, frames[begin][0]))
            segment = self._segments[number]
            end = begin + 1
            while end < len(frames) and segment.takes(frames[end][0]):
                end += 1
            alike = [(group.start + i, *frames[i]) for i in range(begin, end)]
            pending = self._when_there_is_space(partial(segment.frames.begin, alike))
            group.parts.append((number, pending))
            begin = end
        self._n_begun += len(frames)
        return group

    def finish(self, group: PendingGroup) -> int:
        """Return when a group is safe; returns and raises as `append` does."""
        for number, pending in group.parts:
            frames = self._segments[number].frames
            self._when_there_is_space(partial(frames.finish, pending))
            self._where.extend([number] * len(pending.frames))
            self._place.extend(range(pending.start, pending.start + len(pending.frames)))
        return group.start

    def frame(self, index: int) -> Frame:
        """Read frame `index` of this run back from the disk."""
        segment = self._segments[self._where[index]]
        if segment.reader is None:
            segment.reader = Recording(segment.frames.path)
        return segment.reader.frame(self._place[index])

    def append_result(self, index: int, result: FrameResult) -> None:
        """Append the result of frame `index` of this run; raise RecordingError if it cannot."""
        results = self._when_there_is_space(partial(self._results_of, index))
        self._when_there_is_space(partial(results.append, self._place[index], result))

    def append_failure(self, index: int, reason: str) -> None:
        """Note that frame `index` of this run could not be analysed."""
        results = self._when_there_is_space(partial(self._results_of, index))
        self._when_there_is_space(partial(results.append_failure, self._place[index], reason))

    def append_stage(self, reading: StageReading) -> None:
        """Append a reading of the stage as it came, from the thread that appends frames.

        A disk that refuses is logged and not raised: frames have come in with the reading.
        """
        line = json.dumps({"timestamp": reading.timestamp, **reading.quantities})
        try:
            if self._stage is None:
                self._stage = JsonLinesWriter(self.path / STAGE)
            self._when_there_is_space(partial(self._stage.append, [line], sync=False))
        except (RecordingError, OSError) as error:
            _log.error("A reading of the stage is not recorded: %s", error)

    def stop_waiting(self) -> None:
        """Raise from now on where the disk is full, in place of waiting; safe in a handler."""
        self._impatient = True

    @property
    def unsettled(self) -> list[Path]:
        """Recordings in which a frame was overtaken: their results are to be put in order."""
        return [
            segment.frames.path
            for segment in self._segments
            if segment.results is not None and not segment.results.settled
        ]

    def close(self) -> None:
        """Complete all recordings.

        Raises
        ------
        RecordingError
            If the disk refuses; the others are completed before.
        """
        problem: RecordingError | None = None
        if self._stage is not None:
            self._stage.close()
        for segment in self._segments:
            try:
                if segment.results is not None:
                    segment.results.close()
                segment.frames.close(settled=segment.frames.path not in self.unsettled)
            except RecordingError as error:
                _log.error("%s", error)
                problem = error
        for claim in self._claims:
            claim.close()
        if problem is not None:
            raise problem

    def _segment_for(self, frame: Frame) -> int:
        for number, segment in enumerate(self._segments):
            if segment.takes(frame):
                return number
        if len(self._claims) == len(self._segments):
            self._claims.append(Claim.of_new(_path_beside(self.path)))
            height, width = frame.shape
            kind = f"{width} x {height} {frame.pixels.dtype.name}"
            to = self._claims[-1].path
            _log.warning("The camera now sends %s: these frames go to %s.", kind, to)
        self._segments.append(
            _Segment(
                FrameWriter(self._claims[-1].path, frame),
                frame.shape,
                frame.pixels.dtype,
                frame.metadata.pixel_size_nm,
            )
        )
        return len(self._segments) - 1

    def _results_of(self, index: int) -> ResultWriter:
        segment = self._segments[self._where[index]]
        if segment.results is None:
            segment.results = ResultWriter(
                segment.frames.path, segment.shape, segment.pixel_size_nm
            )
        return segment.results

    def _when_there_is_space(self, write: Callable[[], _Done]) -> _Done:
        while True:
            try:
                done = write()
            except DiskFull as error:
                if self._impatient:
                    raise
                if not self.disk_is_full:
                    _log.error("%s The frames wait until there is space again.", error)
                self.disk_is_full = True
                time.sleep(_LOOK_AGAIN_S)
                continue
            if self.disk_is_full:
                _log.warning("There is space on the disk again; recording goes on.")
                self.disk_is_full = False
            return done


def _path_beside(path: Path) -> Path:
    ending = next((e for e in (".ome.zarr", ".zarr") if path.name.endswith(e)), "")
    stem = path.name.removesuffix(ending)
    number = 2
    while (beside := path.with_name(f"{stem}-{number}{ending}")).exists():
        number += 1
    return beside
