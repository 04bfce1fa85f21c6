"""Records a run into one recording after another, or into none, as it is told meanwhile."""

from __future__ import annotations

import contextlib
import logging
import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..frame import Frame
from ..result import FrameResult
from ..stage import StageReading
from .layout import RecordingError
from .recorder import PendingGroup
from .run import RunRecorder

_log = logging.getLogger(__name__)


@dataclass
class _Part:
    """One recording of the run: how many frames it has begun with, and how many have a result."""

    recorder: RunRecorder
    begun: int = 0
    done: int = 0
    closed: bool = False


@dataclass(frozen=True)
class _Stretch:
    """From frame `start` on, frames go to `part` as its number `start` - `offset` and so on."""

    start: int
    part: _Part | None
    offset: int = 0


@dataclass
class _Group(PendingGroup):
    part: _Part | None = None
    inner: PendingGroup | None = None


class SwitchedRecorder:
    """Implements `Recorder`; recording starts and stops without the run taking notice.

    A frame belongs wholly to the recording, or to none, that was on when it came. One that is
    stopped takes the results of its frames until it has them all, and is complete then.

    Frames and results come as for `RunRecorder`; `start` and `stop` may be called from a third
    thread.

    Parameters
    ----------
    recorder
        What records from the first frame on; None to record nothing at first.
    """

    def __init__(self, recorder: RunRecorder | None = None) -> None:
        self._lock = threading.Lock()
        #: Held while the file of the stage's readings is in use: closing it may come in between.
        self._stage_lock = threading.Lock()
        self._parts: list[_Part] = [] if recorder is None else [_Part(recorder)]
        self._current: _Part | None = None if recorder is None else self._parts[0]
        self._stretches: list[_Stretch] = []
        self._n_begun = 0
        self._ending = False

    def start(self, path: Path | str) -> None:
        """Record the frames that come from now on in the new folder `path`.

        Raises
        ------
        UserError
            If a recording goes on, the run ends, or there is something in `path` already.
        """
        self._refuse_if_busy()
        recorder = RunRecorder(path)
        with self._lock:
            if self._current is None and not self._ending:
                self._current = _Part(recorder)
                self._parts.append(self._current)
                return
        recorder.close()  # somebody was faster
        with contextlib.suppress(OSError):
            recorder.path.rmdir()
        self._refuse_if_busy()

    def stop(self) -> Path | None:
        """Record no frame that comes from now on; return the folder of those recorded, if any."""
        with self._lock:
            part, self._current = self._current, None
        if part is None:
            return None
        self._close_if_done(part)
        return part.recorder.path

    @property
    def n_frames(self) -> int:
        """Number of frames that are safe on disk."""
        return sum(part.recorder.n_frames for part in self._parts)

    @property
    def path(self) -> Path | None:
        """Folder that is or was written to last, None before the first."""
        return self._parts[-1].recorder.path if self._parts else None

    @property
    def recording_to(self) -> Path | None:
        """Folder that the next frame goes to; None if it is not recorded."""
        current = self._current
        return None if current is None else current.recorder.path

    @property
    def paths(self) -> list[Path]:
        """Directories of the recordings made so far."""
        return [path for part in self._parts for path in part.recorder.paths]

    @property
    def disk_is_full(self) -> bool:
        """Whether something waits for space at this moment."""
        return any(part.recorder.disk_is_full for part in self._parts)

    @property
    def unsettled(self) -> list[Path]:
        """Recordings in which a frame was overtaken."""
        return [path for part in self._parts for path in part.recorder.unsettled]

    def holds(self, index: int) -> bool:
        """Say whether frame `index` of the run is recorded, and can be read back."""
        return self._stretch(index).part is not None

    def begin(self, frames: Sequence[tuple[Frame, float]]) -> PendingGroup:
        """Begin to write frames, see `RunRecorder.begin`; or only number them."""
        with self._lock:
            part, start = self._current, self._n_begun
            if not self._stretches or self._stretches[-1].part is not part:
                offset = 0 if part is None else start - part.begun
                self._stretches.append(_Stretch(start, part, offset))
            self._n_begun += len(frames)
            if part is not None:
                part.begun += len(frames)
        return _Group(start, [], part, None if part is None else part.recorder.begin(frames))

    def finish(self, group: PendingGroup) -> int:
        """Return when a group is safe; returns and raises as `RunRecorder.finish` does."""
        assert isinstance(group, _Group)
        if group.part is not None and group.inner is not None:
            group.part.recorder.finish(group.inner)
        return group.start

    def frame(self, index: int) -> Frame:
        """Read frame `index` of the run, which must be a recorded one, back from the disk."""
        stretch = self._stretch(index)
        assert stretch.part is not None, "A frame that is not recorded cannot be read back."
        return stretch.part.recorder.frame(index - stretch.offset)

    def append_result(self, index: int, result: FrameResult) -> None:
        """Append the result of frame `index` of the run, if that is recorded."""
        stretch = self._stretch(index)
        if stretch.part is not None:
            stretch.part.recorder.append_result(index - stretch.offset, result)
            self._note_done(stretch.part)

    def append_failure(self, index: int, reason: str) -> None:
        """Note that frame `index` of the run, if it is recorded, could not be analysed."""
        stretch = self._stretch(index)
        if stretch.part is not None:
            stretch.part.recorder.append_failure(index - stretch.offset, reason)
            self._note_done(stretch.part)

    def append_stage(self, reading: StageReading) -> None:
        """Append a reading of the stage to the recording that is on."""
        with self._stage_lock:
            part = self._current
            if part is not None:
                part.recorder.append_stage(reading)

    def stop_waiting(self) -> None:
        """Raise from now on where the disk is full, in place of waiting; safe in a handler."""
        self._ending = True
        for part in self._parts:
            part.recorder.stop_waiting()

    def close(self) -> None:
        """Complete all recordings; raises as `RunRecorder.close` does."""
        self._ending = True
        problem: RecordingError | None = None
        for part in self._parts:
            try:
                self._close(part)
            except RecordingError as error:
                problem = error
        if problem is not None:
            raise problem

    def _stretch(self, index: int) -> _Stretch:
        with self._lock:
            place = bisect_right(self._stretches, index, key=lambda stretch: stretch.start)
            return self._stretches[place - 1]

    def _note_done(self, part: _Part) -> None:
        with self._lock:
            part.done += 1
        self._close_if_done(part)

    def _close_if_done(self, part: _Part) -> None:
        """Complete a recording that takes no more frames and has all results; the run goes on."""
        with self._lock:
            if part is self._current or part.done < part.begun:
                return
        try:
            self._close(part)
        except RecordingError as error:
            _log.error("The recording %s could not be completed: %s", part.recorder.path, error)

    def _close(self, part: _Part) -> None:
        with self._lock:
            if part.closed:
                return
            part.closed = True
        with self._stage_lock:
            part.recorder.close()
        if not part.begun:
            with contextlib.suppress(OSError):  # readings of the stage may lie in it
                part.recorder.path.rmdir()

    def _refuse_if_busy(self) -> None:
        if self._ending:
            raise UserError("The run is ending; nothing more can be recorded.")
        if self._current is not None:
            raise UserError(f"The run is recorded already, in {self._current.recorder.path}.")
