"""Recording starts and stops in the middle of a run."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from skyrmlive.stream.arrival import Arrival
from skyrmlive.stream.backlog import Backlog
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.live import LiveRun
from skyrmlive.stream.recording import Recording, RunRecorder, SwitchedRecorder, check
from skyrmlive.stream.sender import FrameSender


class Running:
    """A run in a thread, and a sender for it; every frame is on its way until `arrived` says so."""

    def __init__(self, listener, analyser, recorder) -> None:
        self.seen: list[int] = []
        self.run = LiveRun(
            listener,
            analyser,
            recorder=recorder,
            on_result=lambda result: self.seen.append(result.summary.frame),
            queue_bytes=10**6,
        )
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        self.report = self.run.run()

    def arrived(self, n: int) -> None:
        deadline = time.monotonic() + 60
        while len(self.seen) < n and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(self.seen) == n

    def stop(self):
        self.run.stop()
        self._thread.join()
        return self.report


@pytest.fixture
def listener(context):
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        yield listener


def test_each_recording_holds_the_frames_of_its_time_and_their_results(
    tmp_path, listener, analyser, make_frame
):
    recorder = SwitchedRecorder()
    running = Running(listener, analyser, recorder)
    frames = [make_frame(1 + i % 5, seq=i) for i in range(12)]
    assert running.run.status().recording_to is None

    def send(some):
        for frame in some:
            sender.send(frame)
        running.arrived(some[-1].metadata.seq + 1)

    with FrameSender(listener.address) as sender:
        send(frames[:3])
        recorder.start(tmp_path / "first")
        assert running.run.status().recording_to == str(tmp_path / "first")
        send(frames[3:7])
        assert recorder.stop() == tmp_path / "first"
        # All its results are there, so it is complete while the run goes on.
        assert check(tmp_path / "first") == []
        send(frames[7:9])
        recorder.start(tmp_path / "second")
        send(frames[9:])
        assert running.run.counters["recorded"] == 7
    report = running.stop()
    assert (report.frames, report.analysed, report.remaining) == (12, 12, 0)
    assert report.recordings == [tmp_path / "first", tmp_path / "second"]
    for name, expected in (("first", frames[3:7]), ("second", frames[9:])):
        recording = Recording(tmp_path / name)
        assert check(tmp_path / name) == []
        assert recording.n_frames == len(expected)
        assert [summary.frame for summary in recording.summaries()] == list(range(len(expected)))
        for frame, sent in zip(recording.frames(), expected, strict=True):
            assert frame.metadata.seq == sent.metadata.seq
            np.testing.assert_array_equal(frame.pixels, sent.pixels)


class Gated:
    """Holds its first frame back until it is allowed to go on."""

    def __init__(self, analyser) -> None:
        self._analyser = analyser
        self.engine_id = analyser.engine_id
        self.gate = threading.Event()

    def new_tracks(self):
        return self._analyser.new_tracks()

    def analyse(self, frame, index, received_at, *, linked=True):
        assert self.gate.wait(60)
        return self._analyser.analyse(frame, index, received_at, linked=linked)


def test_frames_that_wait_for_their_analysis_when_it_stops_still_get_their_results(
    tmp_path, listener, analyser, make_frame
):
    gated = Gated(analyser)
    recorder = SwitchedRecorder(RunRecorder(tmp_path / "run"))
    running = Running(listener, gated, recorder)
    with FrameSender(listener.address) as sender:
        for i in range(6):
            sender.send(make_frame(2, seq=i))
        deadline = time.monotonic() + 60
        while recorder.n_frames < 6 and time.monotonic() < deadline:
            time.sleep(0.005)
        recorder.stop()
        for i in range(6, 9):
            sender.send(make_frame(3, seq=i))
        while running.run.report().frames < 9 and time.monotonic() < deadline:
            time.sleep(0.005)
        gated.gate.set()
    report = running.stop()
    assert (report.frames, report.analysed) == (9, 9)
    recording = Recording(tmp_path / "run")
    assert check(tmp_path / "run") == []
    assert recording.n_frames == 6
    assert len(recording.summaries()) == 6
    assert recording.settled


def test_what_cannot_be_recorded_is_said_and_changes_nothing(tmp_path):
    recorder = SwitchedRecorder()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(UserError, match="is not empty"):
        recorder.start(tmp_path / "full")
    assert recorder.recording_to is None
    recorder.start(tmp_path / "run")
    with pytest.raises(UserError, match="is recorded already"):
        recorder.start(tmp_path / "other")
    assert recorder.recording_to == tmp_path / "run"
    recorder.stop()
    assert not (tmp_path / "run").exists()  # no frame came
    recorder.close()
    with pytest.raises(UserError, match="ending"):
        recorder.start(tmp_path / "other")


def test_a_recorded_frame_never_waits_for_room_that_unrecorded_ones_take(make_frame):
    backlog = Backlog(1, on_disk=lambda index: index > 0)
    backlog.put(0, Arrival(make_frame(), 0.0), lambda: False)
    backlog.put(1, Arrival(make_frame(), 0.0), lambda: False)  # would hang
    newest, oldest = backlog.take(0), backlog.take(0)
    assert newest is not None
    assert oldest is not None
    assert newest.frame is None
    assert oldest.frame is not None
