"""Peers that stall, flood, hang or come in twos, and what becomes of the frames."""

from __future__ import annotations

import re
import socket
import struct
import threading
from pathlib import Path

import numpy as np
import zmq
from wire_fuzzer import raw_tcp

from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.receiver import Receiver
from skyrmlive.stream.recording import Recording
from skyrmlive.stream.subscriber import ResultSubscriber

from .recorded import place_of, record, recorded_numbers, send


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
