"""A run: frames in, recorded at once, analysed in order, results out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .arrival import FrameSource
from .backlog import Backlog, Waiting
from .errors import UserError
from .frame import Frame
from .publisher import ResultPublisher
from .receiver import Receiver
from .recording import RunRecorder
from .result import Analyser, FrameResult

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of the frames of a run.

    Attributes
    ----------
    frames
        Frames taken in.
    analysed, failed, remaining
        How many have a result, could not be analysed, and were left when the run was cut short.
    counters
        The counters of the source and of the recording.
    recordings
        Directories written.
    """

    frames: int
    analysed: int
    failed: int
    remaining: int
    counters: dict[str, int] = field(default_factory=dict)
    recordings: list[Path] = field(default_factory=list)


class LiveRun:
    """Receives and records in one thread, analyses in the thread that calls `run`.

    Every frame is analysed, in order, since tracks are linked from frame to frame. When the
    analysis falls behind, frames wait in the recording; without a recording, the sender waits.
    See docs/decisions/0002.

    Parameters
    ----------
    source
        A `FrameListener` or a `RecordingSource`.
    analyser
        Turns frames into results.
    recorder
        Records frames and results; None to record nothing. It is closed at the end of the run.
    publisher
        Publishes frames and results; None to publish nothing.
    on_result
        Called with every result, in the analysing thread.
    replay
        Whether the results are to be marked as a replay.
    max_frames, idle_timeout_s
        Stop by itself after so many frames, or so many seconds without one.
    queue_bytes
        Pixels of waiting frames to hold in memory.
    """

    def __init__(
        self,
        source: FrameSource,
        analyser: Analyser,
        *,
        recorder: RunRecorder | None = None,
        publisher: ResultPublisher | None = None,
        on_result: Callable[[FrameResult], None] | None = None,
        replay: bool = False,
        max_frames: int | None = None,
        idle_timeout_s: float | None = None,
        queue_bytes: int = 256 * 2**20,
    ) -> None:
        self._analyser = analyser
        self._recorder = recorder
        self._publisher = publisher
        self._on_result = on_result
        self._replay = replay
        self._analysed = 0
        self._failed = 0
        self._abandoned = False
        self._backlog = Backlog(queue_bytes, on_disk=recorder is not None)
        self._receiver = Receiver(
            source,
            recorder,
            self._backlog,
            max_frames=max_frames,
            idle_timeout_s=idle_timeout_s,
        )

    def run(self) -> RunReport:
        """Run until the source ends or `stop` is called, and every frame has its result.

        Raises
        ------
        RecordingError
            If the disk refuses frames or results; the run is then stopped and closed.
        """
        self._receiver.start()
        try:
            while not self._abandoned and self._receiver.error is None:
                no_more = self._receiver.finished  # asked first: what is queued then is all
                waiting = self._backlog.take(0.1)
                if waiting is not None:
                    self._process(waiting)
                elif no_more:
                    break
        finally:
            self._receiver.stop()
            self._receiver.join()
            if self._recorder is not None:
                self._recorder.close()
        if self._receiver.error is not None:
            raise self._receiver.error
        return self.report()

    def stop(self) -> None:
        """Take no more frames and finish what is recorded; safe in a signal handler."""
        self._receiver.stop()

    def abandon(self) -> None:
        """Stop, and leave frames that wait for their analysis; safe in a signal handler."""
        self._receiver.stop()
        self._abandoned = True

    @property
    def waiting(self) -> int:
        """Number of frames that wait for their analysis."""
        return len(self._backlog)

    @property
    def counters(self) -> dict[str, int]:
        """All counters of this run, as they stand."""
        own = {"analysed": self._analysed, "failed": self._failed, "waiting": self.waiting}
        return self._receiver.counters | own

    def report(self) -> RunReport:
        """Return what became of the frames so far."""
        return RunReport(
            self._receiver.n_frames,
            self._analysed,
            self._failed,
            self._receiver.n_frames - self._analysed - self._failed,
            self._receiver.counters,
            [] if self._recorder is None else self._recorder.paths,
        )

    def _process(self, waiting: Waiting) -> None:
        try:
            frame = self._frame_of(waiting)
            result = self._analyser.analyse(frame, waiting.index, waiting.received_at)
        except Exception as error:  # one frame must not end the run; it is logged and counted
            if isinstance(error, UserError):
                _log.warning("Frame %d could not be analysed: %s", waiting.index, error)
            else:
                _log.exception("Frame %d could not be analysed", waiting.index)
            self._failed += 1
            if self._recorder is not None:
                reason = str(error) or type(error).__name__
                self._recorder.append_failure(waiting.index, reason)
            return
        self._analysed += 1
        self._complete(result, waiting)
        if self._recorder is not None:
            self._recorder.append_result(waiting.index, result)
        if self._publisher is not None:
            self._publisher.publish(result, frame)
        if self._on_result is not None:
            self._on_result(result)

    def _frame_of(self, waiting: Waiting) -> Frame:
        if waiting.frame is not None:
            return waiting.frame
        if self._recorder is None:
            raise RuntimeError("A frame that is not recorded must stay in memory.")
        return self._recorder.frame(waiting.index)

    def _complete(self, result: FrameResult, waiting: Waiting) -> None:
        summary = result.summary
        if self._replay:
            summary.analysed = "replay"
        else:
            summary.analysed = "live" if waiting.frame is not None else "caught-up"
        summary.latency_ms["arrival_to_result"] = 1e3 * (time.perf_counter() - waiting.clock_s)
        summary.counters = self.counters
