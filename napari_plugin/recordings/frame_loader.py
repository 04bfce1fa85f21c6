"""Reads the frames of a recording ahead, so that the slider does not wait for the disk."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from threading import Condition, Thread

from ...stream.errors import UserError
from ..history import History
from .recorded_run import RecordedFrame, RecordedRun

_log = logging.getLogger(__name__)
_KEPT_BYTES = 256 * 2**20
#: Frames read ahead in the direction in which the operator moves.
_AHEAD = 4


class FrameLoader:
    """A thread that reads the frame that is wanted now, and then those that come next.

    Parameters
    ----------
    run
        The recording.
    on_history
        Called by the thread with the numbers of the whole run and its engines, once.
    on_frame
        Called by the thread when the frame that is wanted has become available.
    on_problem
        Called by the thread with a sentence if results or a frame cannot be read.
    """

    def __init__(
        self,
        run: RecordedRun,
        on_history: Callable[[History, list[str]], None],
        on_frame: Callable[[], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self._run = run
        self._on_history, self._on_frame, self._on_problem = on_history, on_frame, on_problem
        self._changed = Condition()
        self._frames: OrderedDict[int, RecordedFrame] = OrderedDict()
        self._unreadable: set[int] = set()
        self._bytes = 0
        self._wanted: int | None = None
        self._direction = 1
        self._closed = False
        self._thread = Thread(target=self._work, name="skyrmlive frames", daemon=True)
        self._thread.start()

    def want(self, index: int) -> RecordedFrame | None:
        """Return frame number `index` if it is there; if not, `on_frame` tells when it is."""
        with self._changed:
            if self._wanted is not None and index != self._wanted:
                self._direction = 1 if index > self._wanted else -1
            self._wanted = index
            self._changed.notify()
            frame = self._frames.get(index)
            if frame is not None:
                self._frames.move_to_end(index)
            return frame

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        try:
            self._on_history(*self._run.read_history())
        except UserError as error:
            self._on_problem(str(error))
        except Exception as error:  # the thread's last word
            _log.exception("The results of %s cannot be read", self._run.path)
            self._on_problem(f"The results cannot be read: {error!r}.")
        while (index := self._next()) is not None:
            self._load(index)

    def _next(self) -> int | None:
        """Wait for something to read; return its number, None at the end."""
        with self._changed:
            while not self._closed:
                index = self._missing()
                if index is not None:
                    return index
                self._changed.wait()
            return None

    def _missing(self) -> int | None:
        if self._wanted is None:
            return None
        for step in range(_AHEAD + 1):
            index = self._wanted + step * self._direction
            known = index in self._frames or index in self._unreadable
            if 0 <= index < len(self._run) and not known:
                return index
        return None

    def _load(self, index: int) -> None:
        try:
            frame = self._run.frame(index)
        except Exception as error:
            if not isinstance(error, UserError):
                _log.exception("Frame %d of %s cannot be read", index, self._run.path)
            self._unreadable.add(index)
            if index == self._wanted:
                self._on_problem(f"Frame {index} cannot be read: {error}")
            return
        with self._changed:
            self._frames[index] = frame
            self._bytes += frame.snapshot.nbytes
            while self._bytes > _KEPT_BYTES and len(self._frames) > _AHEAD + 1:
                self._bytes -= self._frames.popitem(last=False)[1].snapshot.nbytes
            is_wanted = index == self._wanted
        if is_wanted:
            self._on_frame()
