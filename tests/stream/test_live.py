"""Whole runs: sender, listener, recording, analysis, publisher."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import Frame
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.live import LiveRun
from skyrmlive.stream.recording import Recording, RunRecorder, check
from skyrmlive.stream.recording.layout import RecordingError
from skyrmlive.stream.replay import RecordingSource
from skyrmlive.stream.sender import FrameSender


@pytest.fixture
def listener(context):
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        yield listener


class Sending(threading.Thread):
    """Sends frames from a thread of its own."""

    def __init__(self, address: str, frames: list[Frame]) -> None:
        super().__init__()
        self._address, self._frames = address, frames
        self.start()

    def run(self) -> None:
        with FrameSender(self._address) as sender:
            for frame in self._frames:
                sender.send(frame)


def test_of_200_frames_sent_at_once_none_is_lost(tmp_path, listener, analyser, make_frame):
    frames = [make_frame(i % 15, size=(256, 256), seq=i) for i in range(200)]
    seen: list[int] = []
    run = LiveRun(
        listener,
        analyser,
        recorder=RunRecorder(tmp_path / "run"),
        on_result=lambda result: seen.append(result.summary.frame),
        max_frames=200,
        queue_bytes=5 * frames[0].pixels.nbytes,
    )
    sending = Sending(listener.address, frames)
    report = run.run()
    sending.join()
    assert (report.frames, report.analysed, report.remaining) == (200, 200 - report.failed, 0)
    assert sorted(analyser.indices) == sorted(seen) == list(range(200))
    assert report.counters["rejected"] == report.counters["missing"] == 0
    recording = Recording(tmp_path / "run")
    assert recording.n_frames == 200
    for i, frame in enumerate(recording.frames()):
        assert frame.metadata.seq == i
        assert np.array_equal(frame.pixels, frames[i].pixels)
    assert [summary.frame for summary in recording.summaries()] == list(range(200))
    assert recording.settled
    assert check(tmp_path / "run") == []


class GatedAnalyser:
    """Holds its first frame back until it is allowed to go on."""

    def __init__(self, analyser) -> None:
        self._analyser = analyser
        self.engine_id = analyser.engine_id
        self.started = threading.Event()
        self.gate = threading.Event()

    def new_tracks(self):
        return self._analyser.new_tracks()

    def analyse(self, frame, index, received_at, *, linked=True):
        self.started.set()
        assert self.gate.wait(60)
        return self._analyser.analyse(frame, index, received_at, linked=linked)


def test_the_newest_frame_is_analysed_first_and_the_rest_is_caught_up(
    tmp_path, listener, analyser, make_frame
):
    frames = [make_frame(i % 5, seq=i) for i in range(30)]
    gated = GatedAnalyser(analyser)
    recorder = RunRecorder(tmp_path / "run")
    settling = []
    run = LiveRun(
        listener,
        gated,
        recorder=recorder,
        max_frames=31,
        queue_bytes=3 * frames[0].pixels.nbytes,
        on_settling=lambda *done: settling.append(done),
    )
    running = threading.Thread(target=run.run)
    running.start()
    with FrameSender(listener.address) as sender:
        sender.send(frames[0])
        assert gated.started.wait(60)
        for frame in frames[1:]:
            sender.send(frame)
        while recorder.n_frames < 30 or run.waiting < 29:  # recording never waits for the analysis
            time.sleep(0.01)
        gated.gate.set()
        while run.waiting:
            time.sleep(0.01)
        sender.send(make_frame(2, seq=30))
    running.join()
    # The first, then the newest; the oldest of the rest had left the memory for the disk.
    assert analyser.indices == [0, 29, *range(1, 29), 30]
    recording = Recording(tmp_path / "run")
    kinds = [summary.analysed for summary in recording.summaries()]
    assert kinds == ["live", *["caught-up"] * 28, "live", "live"]
    assert recording.summaries()[-1].counters["caught_up"] == 28
    assert settling[-1] == (31, 31)
    assert recording.settled


class SlowDisk(RunRecorder):
    """Holds back the word that frames are safe."""

    def __init__(self, path) -> None:
        super().__init__(path)
        self.gate = threading.Event()
        self.refuses = False

    def finish(self, group):
        assert self.gate.wait(60)
        if self.refuses:
            raise RecordingError("The disk is gone.")
        return super().finish(group)


def test_a_frame_is_analysed_on_its_way_to_the_disk_and_told_when_it_is_there(
    tmp_path, listener, analyser, make_frame
):
    disk, told = SlowDisk(tmp_path / "run"), []
    run = LiveRun(
        listener,
        analyser,
        recorder=disk,
        on_result=lambda result: told.append(disk.n_frames),
        max_frames=1,
    )
    running = threading.Thread(target=run.run)
    running.start()
    with FrameSender(listener.address) as sender:
        sender.send(make_frame(1, seq=0))
        while not analyser.indices:
            time.sleep(0.01)
        assert not run.counters["analysed_live"]
        disk.gate.set()
        running.join(60)
    assert told == [1]
    assert len(Recording(tmp_path / "run").summaries()) == 1


def test_nothing_is_told_of_a_frame_that_the_disk_refused(tmp_path, listener, analyser, make_frame):
    disk, told, errors = SlowDisk(tmp_path / "run"), [], []
    disk.refuses = True
    run = LiveRun(listener, analyser, recorder=disk, on_result=told.append)

    def running() -> None:
        try:
            run.run()
        except RecordingError as error:
            errors.append(error)

    thread = threading.Thread(target=running)
    thread.start()
    with FrameSender(listener.address) as sender:
        sender.send(make_frame(1, seq=0))
        while not analyser.indices:
            time.sleep(0.01)
        disk.gate.set()
        thread.join(60)
    assert [str(error) for error in errors] == ["The disk is gone."]
    assert not told
    assert run.report().frames == run.report().analysed == 0


def test_the_tracks_of_a_run_that_fell_behind_are_those_of_its_replay(
    tmp_path, listener, analyser, make_frame
):
    gated = GatedAnalyser(analyser)
    # A frame without a blob changes the numbers of all that follow it.
    frames = [make_frame(i % 4, seq=i, size=(64 + 16 * (i % 2), 96)) for i in range(1, 21)]
    recorder = RunRecorder(tmp_path / "run")
    run = LiveRun(listener, gated, recorder=recorder, max_frames=20)
    running = threading.Thread(target=run.run)
    running.start()
    Sending(listener.address, frames).join()
    while recorder.n_frames < 20:
        time.sleep(0.01)
    gated.gate.set()
    running.join()
    assert analyser.indices != sorted(analyser.indices)
    assert len(recorder.paths) == 2
    for path in recorder.paths:
        recording = Recording(path)
        again = RunRecorder(tmp_path / f"again-{path.name}")
        source = RecordingSource(recording)
        LiveRun(source, type(analyser)(), recorder=again, replay=True).run()
        expected = Recording(again.path).table()
        assert recording.table().equals(expected)
        assert expected["particle"].nunique() > 3


def test_without_a_recording_the_sender_waits(listener, analyser, make_frame):
    frames = [make_frame(1 + i % 5, size=(512, 512), seq=i) for i in range(60)]
    gated = GatedAnalyser(analyser)
    waiting: list[int] = []
    run = LiveRun(
        listener,
        gated,
        max_frames=60,
        on_result=lambda _: waiting.append(run.waiting),
        queue_bytes=2 * frames[0].pixels.nbytes,
    )
    reports = []
    running = threading.Thread(target=lambda: reports.append(run.run()))
    running.start()
    sending = Sending(listener.address, frames)
    assert gated.started.wait(60)
    gated.gate.set()
    running.join()
    sending.join()
    assert reports[0].analysed == 60
    assert max(waiting) <= 2
    assert sorted(analyser.indices) == list(range(60))


def test_a_stop_finishes_what_was_recorded(tmp_path, listener, analyser, make_frame):
    gated = GatedAnalyser(analyser)
    recorder = RunRecorder(tmp_path / "run")
    run = LiveRun(listener, gated, recorder=recorder)
    reports = []
    running = threading.Thread(target=lambda: reports.append(run.run()))
    running.start()
    Sending(listener.address, [make_frame(2, seq=i) for i in range(12)]).join()
    assert gated.started.wait(60)
    while recorder.n_frames < 12:
        time.sleep(0.01)
    run.stop()
    gated.gate.set()
    running.join()
    assert (reports[0].frames, reports[0].analysed, reports[0].remaining) == (12, 12, 0)
    assert Recording(tmp_path / "run").closed


def test_a_second_stop_leaves_the_rest_and_says_how_much(tmp_path, listener, analyser, make_frame):
    gated = GatedAnalyser(analyser)
    recorder = RunRecorder(tmp_path / "run")
    run = LiveRun(listener, gated, recorder=recorder)
    reports = []
    running = threading.Thread(target=lambda: reports.append(run.run()))
    running.start()
    Sending(listener.address, [make_frame(2, seq=i) for i in range(12)]).join()
    assert gated.started.wait(60)
    while recorder.n_frames < 12:
        time.sleep(0.01)
    run.stop()
    run.abandon()
    gated.gate.set()
    running.join()
    assert reports[0].frames == 12
    assert reports[0].remaining == 11
    assert Recording(tmp_path / "run").n_frames == 12


def test_frames_that_cannot_be_analysed_are_counted_and_noted(
    tmp_path, listener, analyser, make_frame, caplog
):
    flat = Frame(np.zeros((64, 96), np.uint16))
    run = LiveRun(listener, analyser, recorder=RunRecorder(tmp_path / "run"), max_frames=3)
    sending = Sending(listener.address, [make_frame(1), flat, make_frame(2)])
    report = run.run()
    sending.join()
    assert (report.analysed, report.failed, report.remaining) == (2, 1, 0)
    recording = Recording(tmp_path / "run")
    assert recording.failures() == {1: "The image has no contrast."}
    assert [s.frame for s in recording.summaries()] == [0, 2]
    assert report.counters["failed"] == 1
    assert "no contrast" in caplog.text


def test_a_broken_recording_stops_the_run_loudly(tmp_path, listener, analyser, make_frame, caplog):
    recorder = RunRecorder(tmp_path / "run")
    recorder.append([(make_frame(1), 0.0)])
    for file in (tmp_path / "run/0").rglob("*"):  # somebody moves the recording away
        if file.is_file():
            file.unlink()
    (tmp_path / "run/0").rmdir()
    (tmp_path / "run/0").write_text("in the way")
    run = LiveRun(listener, analyser, recorder=recorder, max_frames=3)
    sending = Sending(listener.address, [make_frame(1)])
    with pytest.raises(UserError, match=r"Writing to .* failed"):
        run.run()
    sending.join()
    assert "Receiving stopped" in caplog.text


def test_a_replay_gives_the_same_results(tmp_path, listener, analyser, make_frame):
    frames = [make_frame(1 + i, seq=i, timestamp=1000.0 + i) for i in range(8)]
    run = LiveRun(listener, analyser, recorder=RunRecorder(tmp_path / "run"), max_frames=8)
    sending = Sending(listener.address, frames)
    run.run()
    sending.join()
    recording = Recording(tmp_path / "run")
    results = []
    source = RecordingSource(recording, speed=1000)
    report = LiveRun(source, analyser, replay=True, on_result=results.append).run()
    assert report.analysed == 8
    assert {result.summary.analysed for result in results} == {"replay"}
    for result, summary in zip(results, recording.summaries(), strict=True):
        same = {"frame", "seq", "timestamp", "received_at", "n_skyrmions"}
        assert result.summary.model_dump(include=same) == summary.model_dump(include=same)
        assert np.array_equal(result.labels, recording.labels(summary.frame))


def test_a_replay_leaves_damaged_frames_out_and_keeps_the_numbers(tmp_path, analyser, make_frame):
    recorder = RunRecorder(tmp_path / "run")
    recorder.append([(make_frame(i), 0.0) for i in range(1, 5)])
    recorder.close()
    (tmp_path / "run/0/c.1.0.0").unlink()
    report = LiveRun(RecordingSource(Recording(tmp_path / "run")), analyser, replay=True).run()
    assert report.counters["rejected"] == 1
    assert analyser.indices == [0, 2, 3]


def test_a_run_without_frames_ends_by_itself(tmp_path, listener, analyser):
    recorder = RunRecorder(tmp_path / "run")
    report = LiveRun(listener, analyser, recorder=recorder, idle_timeout_s=0.2).run()
    assert report.frames == 0
