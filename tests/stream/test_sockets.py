"""Cameras, listeners and subscribers over real sockets."""

from __future__ import annotations

import json
import logging
import re
import threading

import numpy as np
import pytest
import zmq

from skyrmlive.stream import addresses
from skyrmlive.stream.errors import FrameRejected, UserError
from skyrmlive.stream.frame import Frame
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.result import FrameResult
from skyrmlive.stream.sender import FrameSender
from skyrmlive.stream.stage import StageReading
from skyrmlive.stream.subscriber import PublishedFrame, ResultSubscriber, decode_published


@pytest.fixture
def listener(context):
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        yield listener


def receive(listener: FrameListener, n: int) -> list:
    arrivals: list = []
    while len(arrivals) < n:
        batch = listener.receive(20, n - len(arrivals))
        assert batch, f"only {len(arrivals)} of {n} frames came"
        arrivals += batch
    return [arrival.frame for arrival in arrivals]


def send_array(socket, A, flags=0, copy=True, track=False):
    """The recipe of pyzmq's documentation, to the letter."""
    md = dict(  # noqa: C408
        dtype=str(A.dtype),
        shape=A.shape,
    )
    socket.send_json(md, flags | zmq.SNDMORE)
    return socket.send(A, flags, copy=copy, track=track)


def test_the_recipe_of_pyzmq_is_a_camera(listener, context):
    camera = context.socket(zmq.PUSH)
    camera.connect(listener.address)
    image = np.arange(12, dtype=np.uint16).reshape(3, 4)
    send_array(camera, image)
    (frame,) = receive(listener, 1)
    assert frame.pixels.dtype == np.uint16
    assert np.array_equal(frame.pixels, image)


def test_bad_messages_are_counted_and_the_stream_goes_on(listener, context, caplog, make_frame):
    camera = context.socket(zmq.PUSH)
    camera.connect(listener.address)
    good = {"dtype": "uint8", "shape": [2, 3]}
    camera.send(b"hello")
    camera.send_multipart([json.dumps(good).encode(), bytes(5)])
    send_array(camera, np.zeros((2, 3), ">u2"))
    camera.send_multipart([json.dumps(good | {"dtype": "uint61"}).encode(), bytes(6)])
    camera.send_multipart([json.dumps(good).encode(), bytes(6), b"more"])
    camera.send_multipart([json.dumps(good).encode(), bytes(6)])
    with caplog.at_level(logging.WARNING):
        (frame,) = receive(listener, 1)
    assert frame.shape == (2, 3)
    assert listener.counters["received"] == 1
    assert listener.counters["rejected"] == 5
    assert len(caplog.records) == 5
    assert "uint61" in caplog.text


def test_the_last_frames_that_nobody_takes_are_said_to_be_lost(context, make_frame):
    busy = context.socket(zmq.PULL)
    busy.setsockopt(zmq.RCVHWM, 1)
    busy.setsockopt(zmq.RCVBUF, 2**16)
    busy.bind("tcp://127.0.0.1:*")
    frame = Frame(np.zeros((2048, 2048), np.uint16))
    sender = FrameSender(busy.getsockopt_string(zmq.LAST_ENDPOINT), linger_s=0.3)

    def send_all() -> None:
        with sender:
            for _ in range(6):
                sender.send(frame)

    with pytest.raises(UserError, match="has not taken the last") as lost:
        send_all()
    n_lost = re.search(r"the last (\d+) frames; they are lost\.$", str(lost.value))
    assert n_lost is not None
    for _ in range(6 - int(n_lost[1])):
        assert busy.poll(60_000)
        busy.recv_multipart()
    assert not busy.poll(100)


def test_a_receiver_that_takes_its_time_loses_nothing(context, make_frame):
    slow = context.socket(zmq.PULL)
    slow.setsockopt(zmq.RCVHWM, 1)
    slow.bind("tcp://127.0.0.1:*")
    frames = [make_frame(seq=seq, size=(n, n)) for seq, n in enumerate((64, 2048, 64, 2048, 64))]
    with FrameSender(slow.getsockopt_string(zmq.LAST_ENDPOINT)) as sender:
        for frame in frames:
            sender.send(frame)
        reader = threading.Timer(0.5, lambda: [slow.recv_multipart() for _ in frames])
        reader.start()
    reader.join()
    assert sender.unsent == 0


def test_gaps_in_the_numbering_are_counted(listener, make_frame):
    with FrameSender(listener.address) as sender:
        for seq in (5, 6, 9, 10, 0, 1, 3):
            sender.send(make_frame(seq=seq))
        receive(listener, 7)
    assert listener.counters["missing"] == 2 + 1


def test_stage_readings_reach_the_frames(listener, make_frame):
    with FrameSender(listener.address) as sender:
        sender.send_stage(StageReading(10, {"temperature_k": 100.0}))
        sender.send_stage(StageReading(20, {"temperature_k": 200.0}))
        sender.send(make_frame(timestamp=15.0))
        sender.send(make_frame(timestamp=15.0, temperature_k=7.0))
        first, second = receive(listener, 2)
    assert first.metadata.temperature_k == 150
    assert second.metadata.temperature_k == 7
    assert listener.counters["stage_readings"] == 2


def test_a_publishing_camera_can_be_subscribed_to(context):
    camera = context.socket(zmq.XPUB)
    camera.bind("tcp://127.0.0.1:*")
    address = camera.getsockopt_string(zmq.LAST_ENDPOINT)
    with FrameListener(address, mode="connect", pattern="sub", context=context) as listener:
        assert camera.recv() == b"\x01"  # the subscription has arrived
        send_array(camera, np.eye(3, dtype=np.float32))
        (frame,) = receive(listener, 1)
    assert np.array_equal(frame.pixels, np.eye(3))


def test_the_last_frame_arrives_although_the_sender_closes_at_once(listener, make_frame):
    with FrameSender(listener.address) as sender:
        sender.send(make_frame(size=(2048, 2048)))
    (frame,) = receive(listener, 1)
    assert frame.shape == (2048, 2048)


def test_an_absent_receiver_is_said_in_one_sentence(make_frame):
    with pytest.raises(UserError, match="did not answer"):  # noqa: SIM117
        with FrameSender("tcp://127.0.0.1:9", connect_timeout_s=0.2) as sender:
            sender.send(make_frame())


def test_an_occupied_port_is_said_in_one_sentence(listener, context):
    with pytest.raises(UserError, match="already in use"):
        FrameListener(listener.address, context=context)
    with pytest.raises(UserError, match="already in use"):
        ResultPublisher(listener.address, context=context)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("tcp://127.0.0.1:5555", True),
        ("tcp://127.8.9.1:*", True),
        ("tcp://localhost:5555", True),
        ("tcp://[::1]:5555", True),
        ("ipc:///run/skyrmlive", True),
        ("inproc://frames", True),
        ("tcp://*:5555", False),
        ("tcp://0.0.0.0:5555", False),
        ("tcp://192.168.1.5:5555", False),
        ("tcp://[::]:5555", False),
        ("tcp://localhost.example.org:5555", False),
        ("tcp://127.0.0.1.example.org:5555", False),
        ("tcp://eth0:5555", False),
    ],
)
def test_what_is_loopback(address: str, loopback: bool):
    addresses.check_address(address)
    assert addresses.is_loopback(address) is loopback


@pytest.mark.parametrize(
    "address",
    ["", "5555", "127.0.0.1:5555", "tcp://127.0.0.1", "tcp://127.0.0.1:99999", "udp://x:1"],
)
def test_malformed_addresses_are_said_in_one_sentence(address: str, context):
    with pytest.raises(UserError):
        FrameListener(address, context=context)


def test_an_open_address_needs_a_word(context):
    with pytest.raises(UserError, match="--insecure"):
        FrameListener("tcp://0.0.0.0:*", context=context)
    FrameListener("tcp://0.0.0.0:*", insecure=True, context=context).close()


def test_results_and_frames_are_published(context, analyser, make_frame):
    frame = make_frame(4, seq=9, temperature_k=190.0, mine=[1])
    result = analyser.analyse(frame, 2, 1000.0)
    publisher = ResultPublisher("tcp://127.0.0.1:*", context=context)
    with (
        publisher,
        ResultSubscriber(publisher.address, with_frames=True, context=context) as subscriber,
    ):
        found = received = None
        while not isinstance(found, PublishedFrame):  # until the subscriptions have arrived
            publisher.publish(result, frame)
            found = subscriber.receive(0.1)
        while not isinstance(received, FrameResult):
            received = subscriber.receive(10)
    assert found.index == 2
    assert found.frame.metadata == received.metadata == frame.metadata
    assert np.array_equal(found.frame.pixels, frame.pixels)
    assert received.summary == result.summary
    assert received.table.equals(result.table)
    assert np.array_equal(received.labels, result.labels)


def test_three_lines_are_enough_for_feedback(context, analyser, make_frame):
    result = analyser.analyse(make_frame(4, temperature_k=190.0), 2, 1000.0)
    with ResultPublisher("tcp://127.0.0.1:*", with_labels=False, context=context) as publisher:
        socket = context.socket(zmq.SUB)
        socket.connect(publisher.address)
        socket.subscribe("skyrmlive.result")
        while not socket.poll(100):
            publisher.publish(result)
        parts = socket.recv_multipart()
    assert len(parts) == 3
    assert json.loads(parts[1])["n_skyrmions"] == 4
    assert json.loads(parts[1])["temperature_k"] == 190


def test_damaged_published_messages_are_rejected(context, analyser, make_frame):
    frame = make_frame(2)
    result = analyser.analyse(frame, 0, 0.0)
    messages: list[list[bytes]] = []
    with ResultPublisher("tcp://127.0.0.1:*", context=context) as publisher:
        socket = context.socket(zmq.SUB)
        socket.connect(publisher.address)
        socket.subscribe("skyrmlive.")
        while len(messages) < 2 or messages[-1][0] != b"skyrmlive.result":
            publisher.publish(result, frame)
            while socket.poll(100):
                messages.append(socket.recv_multipart())
    for parts in messages[-2:]:
        decode_published(parts)
        for i, part in enumerate(parts):
            for damaged in (b"", part[: len(part) // 2], b"\x00" * len(part)):
                with pytest.raises(FrameRejected):
                    decode_published([*parts[:i], damaged, *parts[i + 1 :]])
