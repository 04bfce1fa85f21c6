"""Who is at the other end: clients with and without keys, and what comes from them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import numpy as np
import zmq

from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.result import FrameResult
from skyrmlive.stream.security import ClientAccess, KeyPair
from skyrmlive.stream.subscriber import ResultSubscriber

ANY_PORT = "tcp://127.0.0.1:*"
CAMERA, VIEWER, STRANGER = KeyPair.new(), KeyPair.new(), KeyPair.new()


STRANGERS = {
    "no key": lambda server: None,
    "wrong server key": lambda server: ClientAccess(CAMERA, STRANGER.public),
    "not authorised": lambda server: ClientAccess(STRANGER, server.own.public),
    "may only see": lambda server: ClientAccess(VIEWER, server.own.public),
}


def wait_for(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def sequence(listener: FrameListener, last: int) -> list[int | None]:
    """Return the numbers of the frames that come, up to `last`."""
    numbers: list[int | None] = []
    while last not in numbers:
        arrivals = listener.receive(20)
        assert arrivals, f"only {numbers} came"
        numbers += [arrival.frame.metadata.seq for arrival in arrivals]
    return numbers


def client(context: zmq.Context, address: str, kind: int, access: ClientAccess | None):
    """Return a plain socket that knows nothing of us, its keys set as pyzmq documents."""
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    if access is not None:
        socket.curve_serverkey = access.server_key.encode()
        socket.curve_publickey = access.own.public.encode()
        socket.curve_secretkey = access.own.secret.encode()
    socket.connect(address)
    return socket


def send_plainly(socket: zmq.Socket, seq: int) -> None:
    image = np.zeros((3, 4), np.uint16)
    socket.send_json({"dtype": str(image.dtype), "shape": image.shape, "seq": seq}, zmq.SNDMORE)
    socket.send(image)


def seen(publisher: ResultPublisher, result: FrameResult, *subscribers: ResultSubscriber) -> None:
    """Publish until each of the subscribers has seen one."""
    waiting = list(subscribers)
    deadline = time.monotonic() + 20
    while waiting:
        assert time.monotonic() < deadline, "no result came"
        publisher.publish(result)
        waiting = [each for each in waiting if each.receive(0.02) is None]


def bound(socket: zmq.Socket, address: str) -> bool:
    with contextlib.suppress(zmq.ZMQError):
        socket.bind(address)
        return True
    return False
