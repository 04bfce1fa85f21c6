"""A run: every frame is recorded at once, the newest analysed, and the rest when there is time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from .arrival import FrameSource
from .backlog import Backlog, Waiting
from .errors import UserError
from .frame import Frame
from .publisher import ResultPublisher
from .receiver import Receiver
from .recording import Recorder, settle
from .recording.claim import Claim
from .result import Analyser, FrameResult
from .status import RateMeter, RunStatus, State, StatusTicker, disk_free_bytes

_log = logging.getLogger(__name__)
#: A reading of the stage that is further away in time than this deserves a warning.
_STALE_S = 10.0
#: A result leaves by a thread of ZeroMQ's. On two cores, recording it at once would keep that from
#: its core for a turn of the scheduler, 4 ms; so that waits a little, where no frame does.
_LEAVING_S = 0.003


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
        All counters of the run.
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

    The newest frame is analysed first, so that a display is never older than one analysis; frames
    that it overtook are analysed when no newer one has come. Every frame has its result in the
    end; then the results of the recording are put in order and linked. Without a recording, the
    sender waits where frames find no room in memory. See docs/decisions/0002.

    Parameters
    ----------
    source
        Where the frames come from.
    analyser
        Turns frames into results.
    recorder
        Records frames and results; None to record nothing. It is closed at the end of the run.
    publisher
        Publishes frames, results and the state of the run; None to publish nothing.
    on_result
        Called with every result, in the analysing thread.
    on_settling
        Called with the number of frames whose results are in order again, and of all.
    replay
        Whether this is a replay: its frames are analysed in their order, and marked so.
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
        recorder: Recorder | None = None,
        publisher: ResultPublisher | None = None,
        on_result: Callable[[FrameResult], None] | None = None,
        on_settling: Callable[[int, int], object] = lambda done, total: None,
        replay: bool = False,
        max_frames: int | None = None,
        idle_timeout_s: float | None = None,
        queue_bytes: int = 256 * 2**20,
    ) -> None:
        self._analyser = analyser
        self._recorder = recorder
        self._publisher = publisher
        self._on_result = on_result
        self._on_settling = on_settling
        self._replay = replay
        self._counts = {"analysed_live": 0, "caught_up": 0, "failed": 0}
        self._newest_frame: int | None = None
        self._state: State = "waiting"
        self._rate = RateMeter()
        self._abandoned = False
        on_disk = _nowhere if recorder is None else recorder.holds
        self._backlog = Backlog(queue_bytes, on_disk=on_disk, in_order=replay)
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
        with ExitStack() as stack:
            if self._publisher is not None:
                stack.enter_context(StatusTicker(self._publisher, self.status))
            self._receiver.start()
            try:
                self._analyse_all()
            finally:
                self._receiver.stop()
                self._receiver.join()
                if self._recorder is not None:
                    self._recorder.close()
            if self._receiver.error is not None:
                raise self._receiver.error
            if not self._abandoned:
                self._settle()
            self._state = "ended"
        return self.report()

    def stop(self) -> None:
        """Take no more frames and finish what is recorded; safe in a signal handler."""
        self._receiver.stop()

    def abandon(self) -> None:
        """Stop, and leave frames that wait for their analysis; safe in a signal handler."""
        self.stop()
        self._abandoned = True

    @property
    def waiting(self) -> int:
        """Number of frames that wait for their analysis."""
        return len(self._backlog)

    @property
    def counters(self) -> dict[str, int]:
        """All counters of this run, as they stand."""
        return self._receiver.counters | self._counts | {"waiting": self.waiting}

    def status(self) -> RunStatus:
        """Return the state of the run; the rate is since the last call."""
        recorder = self._recorder
        is_full = recorder is not None and recorder.disk_is_full
        to, folder = (None, None) if recorder is None else (recorder.recording_to, recorder.path)
        return RunStatus(
            time=time.time(),
            state="disk full" if is_full else self._state,
            engine=self._analyser.engine_id,
            newest_frame=self._newest_frame,
            frames_per_second=round(self._rate.rate(self._receiver.n_frames), 2),
            counters=self.counters,
            recordings=[] if recorder is None else [str(path) for path in recorder.paths],
            recording_to=None if to is None else str(to),
            disk_free_bytes=None if folder is None else disk_free_bytes(folder),
        )

    def report(self) -> RunReport:
        """Return what became of the frames so far."""
        frames, failed = self._receiver.n_frames, self._counts["failed"]
        analysed = self._counts["analysed_live"] + self._counts["caught_up"]
        return RunReport(
            frames,
            analysed,
            failed,
            frames - analysed - failed,
            self.counters,
            [] if self._recorder is None else self._recorder.paths,
        )

    def _analyse_all(self) -> None:
        while not self._abandoned and self._receiver.error is None:
            no_more = self._receiver.finished  # asked first: what is queued then is all
            waiting = self._backlog.take(0.1)
            if waiting is not None:
                self._state = self._state_at(waiting)
                self._process(waiting)
            elif no_more:
                break
            else:
                self._state = "waiting"

    def _state_at(self, waiting: Waiting) -> State:
        if waiting.overtaken:
            return "catching up"
        return "behind" if self.waiting and not self._replay else "live"

    def _settle(self) -> None:
        if self._recorder is not None:
            self._state = "settling"
            for path in self._recorder.unsettled:
                with Claim.of_existing(path):
                    settle(path, self._analyser.new_tracks(), self._on_settling)

    def _process(self, waiting: Waiting) -> None:
        try:
            frame = self._frame_of(waiting)
            result = self._analyser.analyse(
                frame, waiting.index, waiting.received_at, linked=not waiting.overtaken
            )
        except Exception as error:  # one frame must not end the run; it is logged and counted
            if self._receiver.wait_until_safe(waiting.index):
                self._note_failure(waiting.index, error)
            return
        # It was analysed while it was on its way to the disk; told is only what is safe there.
        if not self._receiver.wait_until_safe(waiting.index):
            return
        self._counts["caught_up" if waiting.overtaken else "analysed_live"] += 1
        if not waiting.overtaken:
            self._newest_frame = waiting.index
        self._complete(result, waiting)
        if self._publisher is not None:  # first, since somebody may act on it
            self._publisher.publish(result, frame)
            if not self.waiting and self._publisher.has_subscribers():
                time.sleep(_LEAVING_S)
        if self._recorder is not None:
            self._recorder.append_result(waiting.index, result)
        if self._on_result is not None:
            self._on_result(result)

    def _note_failure(self, index: int, error: Exception) -> None:
        if isinstance(error, UserError):
            _log.warning("Frame %d could not be analysed: %s", index, error)
        else:
            _log.exception("Frame %d could not be analysed", index, exc_info=error)
        self._counts["failed"] += 1
        if self._recorder is not None:
            self._recorder.append_failure(index, str(error) or type(error).__name__)

    def _frame_of(self, waiting: Waiting) -> Frame:
        if waiting.frame is not None:
            return waiting.frame
        if self._recorder is None or not self._receiver.wait_until_safe(waiting.index):
            raise RuntimeError("A frame that is not recorded must stay in memory.")
        return self._recorder.frame(waiting.index)

    def _complete(self, result: FrameResult, waiting: Waiting) -> None:
        summary = result.summary
        if self._replay:
            summary.analysed = "replay"
        else:
            summary.analysed = "caught-up" if waiting.overtaken else "live"
        for name, age_s in summary.stage_age_s.items():
            if age_s > _STALE_S:
                summary.warnings.append(
                    f"The nearest reading of {name} is more than {_STALE_S:.0f} s away."
                )
        summary.latency_ms["arrival_to_result"] = 1e3 * (time.perf_counter() - waiting.clock_s)
        summary.counters = self.counters


def _nowhere(index: int) -> bool:
    return False
