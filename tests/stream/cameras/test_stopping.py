"""The recording process is asked to stop while a camera sends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
import zmq
from wire_fuzzer import raw_tcp

from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.receiver import Receiver
from skyrmlive.stream.recording import Recording
from skyrmlive.stream.wire import encode_frame

from .recorded import place_of, recorded_numbers, send

RECORD = [sys.executable, "-m", "skyrmlive.cli.main", "record"]


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


@pytest.mark.parametrize(
    ("pattern", "kind", "n"), [("sub", zmq.XPUB, 256 + 40), ("pull", zmq.PUSH, 2000)]
)
def test_a_stop_leaves_nothing_of_what_has_come(tmp_path, context, recorder, pattern, kind, n):
    address = f"inproc://{tmp_path}"  # where what is sent has come, without a kernel in between
    camera = context.socket(kind)
    camera.setsockopt(zmq.SNDHWM, n)
    camera.setsockopt(zmq.LINGER, 0)
    camera.bind(address)
    with FrameListener(address, mode="connect", pattern=pattern, context=context) as listener:
        if kind == zmq.XPUB:
            camera.recv()  # it has subscribed
        for seq in range(n):
            frame = Frame(np.full((4, 6), seq, np.uint16), FrameMetadata(seq=seq))
            camera.send_multipart(encode_frame(frame), zmq.NOBLOCK)
        receiver = Receiver(listener, recorder)
        receiver.stop()
        receiver.start()
        receiver.join()
    recorder.close()
    assert receiver.error is None
    assert recorded_numbers(tmp_path / "run") == list(range(n))
