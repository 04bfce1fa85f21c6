"""The thread that takes frames in and begins to record them before anything else happens."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence

from .arrival import Arrival, FrameSource
from .backlog import Backlog
from .recording import Recorder
from .recording.recorder import PendingGroup

_log = logging.getLogger(__name__)
_POLL_S = 0.1
_BATCH = 16
#: At a stop, frames may still be on their way through the kernel and ZeroMQ's thread, or behind a
#: crowd of other messages. So long, all in all, it waits for them, and while it waits so long.
_PATIENCE_S = 0.2
_WAIT_S = 0.02


class Receiver:
    """Moves frames from a source to the recording, and to the backlog of the analysis.

    A frame may be analysed while it is on its way to the disk. What is found in it is told nobody
    before the frame is safe, see `wait_until_safe`.

    Parameters
    ----------
    source
        Where the frames come from.
    recorder
        Where every frame is written on arrival; None to record nothing.
    backlog
        Where they wait for analysis; None if there is none.
    max_frames
        Stop after so many frames.
    idle_timeout_s
        Stop when no frame came for so many seconds.
    """

    def __init__(
        self,
        source: FrameSource,
        recorder: Recorder | None = None,
        backlog: Backlog | None = None,
        *,
        max_frames: int | None = None,
        idle_timeout_s: float | None = None,
    ) -> None:
        self.n_frames = 0
        self._n_taken = 0
        self._pending: tuple[PendingGroup, int] | None = None
        self.error: Exception | None = None
        self._source = source
        self._recorder = recorder
        self._backlog = backlog
        self._max_frames = max_frames
        self._idle_timeout_s = math.inf if idle_timeout_s is None else idle_timeout_s
        # A plain flag, not an Event: it is set from signal handlers, where taking a lock that the
        # interrupted code holds would hang.
        self._stopping = False
        self._is_over = False
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    def wait_until_safe(self, number: int) -> bool:
        """Wait until frame `number` of the run is on disk, if it is to go there.

        Returns
        -------
        bool
            False if it will never be: the disk has refused it, and the run is over.
        """
        if self._recorder is None or not self._recorder.holds(number):
            return True
        with self._progress:
            self._progress.wait_for(lambda: number < self.n_frames or self._is_over)
            return number < self.n_frames

    @property
    def finished(self) -> bool:
        """Whether no frame will be added any more."""
        return self._is_over

    @property
    def counters(self) -> dict[str, int]:
        """What the source counted, and the number of frames recorded."""
        recorded = {} if self._recorder is None else {"recorded": self._recorder.n_frames}
        return self._source.counters | recorded

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def stop(self) -> None:
        """Ask to stop after what has already come; safe in a signal handler."""
        self._stopping = True
        if self._recorder is not None:
            self._recorder.stop_waiting()

    def abandon(self) -> None:
        """Stop: frames that have come are never left behind."""
        self.stop()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until nothing is being received any more."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._receive()
        except Exception as error:
            # Raised again by whoever runs the receiver; said here at once, since it may be busy.
            _log.error("Receiving stopped after %d frames: %s", self.n_frames, error)
            self.error = error
        finally:
            with self._progress:
                self._is_over = True
                self._progress.notify_all()

    def _receive(self) -> None:
        last = time.monotonic()
        while not (self._stopping or self._full() or self._source.exhausted):
            # While frames are on their way to the disk there is no waiting for others.
            if self._take(0.0 if self._pending else _POLL_S, _BATCH):
                last = time.monotonic()
            elif self._pending:
                self._finish()
            elif time.monotonic() - last > self._idle_timeout_s:
                return
        self._take_what_is_in_flight()
        self._finish()

    def _take_what_is_in_flight(self) -> None:
        # Only waiting counts against the patience: what has come may take the disk a long time, and
        # a camera that goes on must not keep it from ending.
        start, patience_s = self._n_taken, _PATIENCE_S
        while patience_s > 0 and not self._full():
            most = min(_BATCH, self._source.in_flight - (self._n_taken - start))
            if most <= 0:
                return
            if not self._take(0, most):
                asked = time.monotonic()
                arrivals = self._receive_from_source(_WAIT_S, most)
                patience_s -= time.monotonic() - asked
                self._keep(arrivals)

    def _full(self) -> bool:
        return self._max_frames is not None and self._n_taken >= self._max_frames

    def _take(self, timeout_s: float, most: int) -> int:
        """Take frames in; return how many."""
        arrivals = self._receive_from_source(timeout_s, most)
        self._keep(arrivals)
        return len(arrivals)

    def _receive_from_source(self, timeout_s: float, most: int) -> Sequence[Arrival]:
        if self._max_frames is not None:
            most = min(most, self._max_frames - self._n_taken)
        return self._source.receive(timeout_s, most)

    def _keep(self, arrivals: Sequence[Arrival]) -> None:
        """Begin to record frames, and queue them."""
        if not arrivals:
            return
        start = self._n_taken
        self._n_taken += len(arrivals)
        if self._recorder is None:
            self.n_frames += len(arrivals)
            self._queue_all(start, arrivals)
            return
        frames = [(arrival.frame, arrival.received_at) for arrival in arrivals]
        try:
            group = self._recorder.begin(frames)
        finally:
            self._finish()  # the group before: two are on their way at a time
        self._pending = group, len(arrivals)
        self._queue_all(group.start, arrivals)

    def _finish(self) -> None:
        """Wait until the frames on their way are safe."""
        if self._recorder is not None and self._pending is not None:
            group, n_frames = self._pending
            self._recorder.finish(group)
            self._pending = None
            with self._progress:
                self.n_frames += n_frames
                self._progress.notify_all()

    def _queue_all(self, start: int, arrivals: Sequence[Arrival]) -> None:
        if self._backlog is not None:
            for number, arrival in enumerate(arrivals, start):
                self._queue(self._backlog, number, arrival)

    def _queue(self, backlog: Backlog, number: int, arrival: Arrival) -> None:
        # The recording numbers what it holds; only without one may the source number the frames.
        if self._recorder is None and arrival.index is not None:
            number = arrival.index
        backlog.put(number, arrival, lambda: self._stopping)
