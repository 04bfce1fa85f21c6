"""What goes wrong at the other end of the wire, and what becomes of the frames."""

from __future__ import annotations

import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
import zmq
from wire_fuzzer import raw_tcp

from skyrmlive.stream.frame import Frame
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.numbering import Numbering
from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.receiver import Receiver
from skyrmlive.stream.recording import Recording, RunRecorder, check
from skyrmlive.stream.sender import FrameSender
from skyrmlive.stream.stage import StageReading
from skyrmlive.stream.subscriber import ResultSubscriber
from skyrmlive.stream.wire import encode_frame

RECORD = [sys.executable, "-m", "skyrmlive.cli.main", "record"]


@pytest.fixture
def listener(context: zmq.Context) -> Iterator[FrameListener]:
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        yield listener


@pytest.fixture
def recorder(tmp_path: Path) -> RunRecorder:
    return RunRecorder(tmp_path / "run")


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


def place_of(address: str) -> tuple[str, int]:
    host, port = re.fullmatch(r"tcp://(.*):(\d+)", address).groups()
    return host, int(port)


def record(listener: FrameListener, recorder: RunRecorder, n: int) -> None:
    """Record the next `n` frames."""
    end = recorder.n_frames + n
    while recorder.n_frames < end:
        arrivals = listener.receive(30, end - recorder.n_frames)
        assert arrivals, f"{end - recorder.n_frames} of {n} frames did not come"
        recorder.append([(arrival.frame, arrival.received_at) for arrival in arrivals])


def recorded_numbers(path: Path) -> list[int | None]:
    assert check(path) == []
    return [frame.metadata.seq for frame in Recording(path).frames()]


def send(address: str, frames: list[Frame]) -> None:
    with FrameSender(address, connect_timeout_s=60) as sender:
        for frame in frames:
            sender.send(frame)


@contextmanager
def bound_camera(kind: int, address: str) -> Iterator[zmq.Socket]:
    """A camera that waits for us, gone for good at the end of the block."""
    with zmq.Context() as context, context.socket(kind) as camera:
        camera.bind(address)
        yield camera


# the camera goes and comes back


def test_a_camera_that_returns_goes_on_in_the_same_recording(listener, recorder, make_frame):
    for _ in range(2):
        send(listener.address, [make_frame(seq=seq) for seq in range(4)])
        record(listener, recorder, 4)
    recorder.close()
    assert recorded_numbers(recorder.path) == [0, 1, 2, 3] * 2


@pytest.mark.parametrize(("pattern", "kind"), [("pull", zmq.PUSH), ("sub", zmq.XPUB)])
def test_we_go_back_to_a_camera_that_returns(pattern, kind, address, recorder, make_frame, context):
    with FrameListener(address, mode="connect", pattern=pattern, context=context) as listener:
        for _ in range(2):
            with bound_camera(kind, address) as camera:
                while kind == zmq.XPUB and not camera.poll(50):  # until we have subscribed again
                    assert listener.receive(0) == []
                for seq in range(4):
                    camera.send_multipart(encode_frame(make_frame(seq=seq)))
                record(listener, recorder, 4)
    recorder.close()
    assert recorded_numbers(recorder.path) == [0, 1, 2, 3] * 2


def test_a_camera_may_return_with_other_sizes_and_pixel_types(listener, recorder, make_frame):
    large, small = make_frame(3, seq=0), make_frame(1, size=(32, 48), seq=1)
    other = Frame(large.pixels.astype(np.float32) / 7, large.metadata)
    frames = [large, small, other, large, small]
    for frame in frames:
        send(listener.address, [frame])
        record(listener, recorder, 1)
    for i, frame in enumerate(frames):
        assert recorder.frame(i).pixels.dtype == frame.pixels.dtype
        assert np.array_equal(recorder.frame(i).pixels, frame.pixels)
    recorder.close()
    assert [path.name for path in recorder.paths] == ["run", "run-2", "run-3"]
    assert [check(path) for path in recorder.paths] == [[], [], []]


# numbers and clocks


def test_frames_are_recorded_as_they_come_whatever_their_numbers(listener, recorder, make_frame):
    numbers = [0, 1, 1, 1, 2, 0, 1, 2**63 - 1, -(2**63), None, 5, 9]
    send(listener.address, [make_frame(seq=seq) for seq in numbers])
    record(listener, recorder, len(numbers))
    recorder.close()
    assert recorded_numbers(recorder.path) == numbers


@pytest.mark.parametrize(
    ("numbers", "missing", "repeated", "restarts"),
    [
        ([5, 6, 7], 0, 0, 0),
        ([5, None, 6], 0, 0, 0),
        ([5, 9, 10], 3, 0, 0),
        ([5, 5, 5, 6], 0, 2, 0),
        ([5, 6, 0, 1, 3], 1, 0, 1),
        ([0, 2**63 - 1, -(2**63)], 2**63 - 2, 0, 1),
    ],
)
def test_what_numbers_tell(numbers, missing, repeated, restarts):
    numbering = Numbering()
    for number in numbers:
        numbering.follow(None, number)
    assert (numbering.missing, numbering.repeated, numbering.restarts) == (
        missing,
        repeated,
        restarts,
    )


def test_cameras_with_names_are_counted_apart():
    numbering = Numbering()
    for seq in range(5):
        numbering.follow("left", seq)
        numbering.follow("right", 1000 + seq)
    assert (numbering.missing, numbering.repeated, numbering.restarts) == (0, 0, 0)


def test_numbers_without_sense_fill_neither_memory_nor_log(caplog):
    numbering = Numbering()
    for i in range(5000):
        numbering.follow(f"camera {i}", 0)
        numbering.follow(None, 7 * i)
    assert numbering.missing == 6 * 4999
    assert len(caplog.records) < 200
    numbering.follow("camera 0", 5)  # forgotten by now, and so no gap
    assert numbering.missing == 6 * 4999


def test_clocks_that_jump_are_recorded_as_they_are(listener, recorder, make_frame):
    times = [1e9, 1e9 + 1, 5.0, 1e300, -1e300, 1e9 + 2]
    with FrameSender(listener.address) as sender:
        for moment in times:
            sender.send_stage(StageReading(moment, {"temperature_k": 100.0}))
            sender.send(make_frame(timestamp=moment))
        record(listener, recorder, len(times))
    recorder.close()
    assert check(recorder.path) == []
    recording = Recording(recorder.path)
    assert recording.closed
    assert [frame.metadata.timestamp for frame in recording.frames()] == times
    assert all(frame.metadata.temperature_k == 100 for frame in recording.frames())


def test_one_reading_from_the_future_does_no_harm(listener, make_frame):
    with FrameSender(listener.address) as sender:
        for second in range(10):
            sender.send_stage(StageReading(1e9 + second, {"temperature_k": 100.0 + second}))
        sender.send_stage(StageReading(1e12, {"temperature_k": 300.0}))  # in milliseconds
        sender.send(make_frame(timestamp=1e9 + 4.5))
        (arrival,) = listener.receive(30)
    assert arrival.frame.metadata.temperature_k == pytest.approx(104.5)


# connections


def test_a_camera_that_stalls_in_mid_frame_holds_nobody_up(listener, recorder, make_frame):
    header = b'{"dtype": "uint16", "shape": [64, 96]}'
    stalled = raw_tcp.shake_hands(place_of(listener.address))
    stalled.sendall(
        raw_tcp.frame(header, raw_tcp.MORE) + raw_tcp.announcement(64 * 96 * 2) + bytes(5000)
    )
    send(listener.address, [make_frame(seq=seq) for seq in range(10)])
    record(listener, recorder, 10)
    # The camera's computer loses power: its connection is reset.
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stalled.close()
    send(listener.address, [make_frame(seq=10)])
    record(listener, recorder, 1)
    recorder.close()
    assert recorded_numbers(recorder.path) == list(range(11))
    assert listener.counters["rejected"] == 0


def test_two_cameras_at_once_lose_nothing(listener, recorder, make_frame):
    cameras = [
        threading.Thread(
            target=send,
            args=(listener.address, [make_frame(seq=seq, source=name) for seq in range(60)]),
        )
        for name in ("left", "right")
    ]
    for camera in cameras:
        camera.start()
    record(listener, recorder, 120)
    for camera in cameras:
        camera.join()
    recorder.close()
    for name in ("left", "right"):
        frames = Recording(recorder.path).frames()
        assert [f.metadata.seq for f in frames if f.metadata.source == name] == list(range(60))


def test_a_flood_of_stage_readings_does_not_keep_a_run_from_ending(listener, recorder):
    receiver = Receiver(listener, recorder, idle_timeout_s=0.5)
    ended = threading.Event()

    def flood() -> None:
        with zmq.Context() as context, context.socket(zmq.PUSH) as stage:
            stage.setsockopt(zmq.LINGER, 0)
            stage.setsockopt(zmq.SNDTIMEO, 100)
            stage.connect(listener.address)
            while not ended.is_set():
                try:
                    stage.send(b'{"type": "stage", "timestamp": 1, "temperature_k": 90}')
                except zmq.Again:
                    continue

    flooding = threading.Thread(target=flood)
    flooding.start()
    receiver.start()
    receiver.join(60)
    finished = receiver.finished
    ended.set()
    flooding.join()
    recorder.close()
    assert finished
    assert receiver.error is None
    assert listener.counters["stage_readings"] > 100
    assert (receiver.n_frames, recorder.paths) == (0, [])


def test_a_subscriber_that_hangs_takes_nothing_from_the_others(context, analyser, make_frame):
    frame = make_frame(3, size=(512, 512))
    result = analyser.analyse(frame, 0, 0.0)
    noise = np.random.default_rng(0).integers(0, 2**16, (512, 512), np.uint16)
    result.labels = noise  # half a megabyte that zstd cannot pack
    with ResultPublisher("tcp://127.0.0.1:*", context=context) as publisher:
        hanging = raw_tcp.shake_hands(place_of(publisher.address), b"SUB")
        hanging.sendall(raw_tcp.frame(b"\x01skyrmlive."))
        while not publisher.has_subscribers():
            pass
        with hanging, ResultSubscriber(publisher.address, context=context) as live:
            while live.receive(0.05) is None:
                publisher.publish(result)
            while live.receive(0.5) is not None:
                pass
            before = resident_mb()
            for index in range(300):
                result.summary.frame = index
                publisher.publish(result)
                received = live.receive(30)
                assert received is not None
                assert received.summary.frame == index
            # 150 MB were published; what waits for the hanging one is bounded.
            assert resident_mb() - before < 60


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1e3


# the process


@contextmanager
def recording_process(address: str, run: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*RECORD, "--listen", address, "--to", str(run)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_recorded(run: Path, n: int) -> None:
    index = run / "frames.jsonl"
    while not index.exists() or index.read_bytes().count(b"\n") < n:
        time.sleep(0.05)


def test_sigterm_in_mid_frame_keeps_all_whole_frames(tmp_path, address, make_frame):
    run = tmp_path / "run"
    with recording_process(address, run) as process:
        send(address, [make_frame(seq=seq) for seq in range(5)])
        wait_until_recorded(run, 5)
        with raw_tcp.shake_hands(place_of(address)) as stalled:
            stalled.sendall(raw_tcp.frame(b'{"dtype": "uint8", "shape": [9, 9]}', raw_tcp.MORE))
            stalled.sendall(raw_tcp.announcement(81) + bytes(40))
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    assert Recording(run).closed
    assert recorded_numbers(run) == list(range(5))


def test_sigterm_while_frames_pour_in_leaves_no_gap(tmp_path, address, make_frame, context):
    run = tmp_path / "run"
    camera = context.socket(zmq.PUSH)
    camera.setsockopt(zmq.SNDTIMEO, 100)
    camera.setsockopt(zmq.LINGER, 0)
    camera.connect(address)
    sent = 0
    with recording_process(address, run) as process:
        while process.poll() is None:
            with suppress(zmq.Again):
                camera.send_multipart(encode_frame(make_frame(seq=sent)))
                sent += 1
            if sent == 200:
                wait_until_recorded(run, 50)
                process.send_signal(signal.SIGTERM)
        assert process.returncode == 0
    numbers = recorded_numbers(run)
    assert Recording(run).closed
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 50


def test_the_listener_tells_repeats_and_restarts_of_each_camera(listener, make_frame):
    with FrameSender(listener.address) as sender:
        for seq in (0, 1, 1, 5, 0):
            sender.send(make_frame(seq=seq, source="left"))
            sender.send(make_frame(seq=seq + 1000, source="right"))
        taken = 0
        while taken < 10:
            taken += len(listener.receive(30))
    counted = {key: listener.counters[key] for key in ("missing", "repeated", "restarts")}
    assert counted == {"missing": 6, "repeated": 2, "restarts": 2}
