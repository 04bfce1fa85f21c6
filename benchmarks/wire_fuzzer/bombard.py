"""Hostile input by the thousand at one target, with valid frames among it."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from itertools import islice
from random import Random

import zmq

from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.stage import StageReading
from skyrmlive.stream.wire import encode_frame, encode_stage

from . import mutation, published, raw_tcp, structured
from .target import Shots, Target, decode, listen, numbered_frame

#: Of so many messages one is a valid numbered frame.
NUMBERED_EVERY = 50
_CORPUS = 1000
_PATIENCE_S = 120


def hostile_messages(seed: int) -> Iterator[list[bytes]]:
    """Yield structured messages and damaged valid ones for ever, the same for the same seed."""
    random = Random(seed)
    drawn = structured.corpus(_CORPUS, seed)
    valid = [
        encode_frame(Frame(numbered_frame(0).pixels, FrameMetadata(seq=4, source="other"))),
        encode_frame(Frame(numbered_frame(1).pixels, FrameMetadata(timestamp=3.0, tilt_x_deg=20))),
        encode_stage(StageReading(10.0, {"temperature_k": 200.0, "field_mt": -30.0})),
    ]
    intact = [[bytes(part) for part in parts] for parts in valid] + drawn
    yield from drawn
    while True:
        # As much from the three that would be valid as from all the others.
        yield mutation.damage(random.choice(random.choice((intact[:3], intact))), random)


def at_listener(n: int, seed: int = 0) -> Shots:
    """Send `n` messages, of which one in `NUMBERED_EVERY` is a valid numbered frame.

    Returns
    -------
    Shots
        What the listener saw; the counts of its `counters` should add up to `n`.
    """
    target = Target(listen)
    hostile = hostile_messages(seed)
    numbered = 0
    try:
        with _camera(target.pipe.recv()) as camera:
            for i in range(n):
                if i % NUMBERED_EVERY == 0:
                    _send(camera, numbered)
                    numbered += 1
                else:
                    camera.send_multipart(next(hostile))
            target.pipe.send({"numbered": numbered, "messages": n})
            return target.report()
    finally:
        target.end()


def at_port(rounds: int, silent: int, seed: int = 0) -> tuple[Shots, int]:
    """Misuse a listener's port in every known way, `rounds` times, a numbered frame after each.

    Before that, `silent` connections are opened that say nothing. All stay open to the end.

    Returns
    -------
    Shots
        What the listener saw.
    int
        Number of numbered frames sent.
    """
    target = Target(listen)
    random = Random(seed)
    numbered = 0
    try:
        address = target.pipe.recv()
        host, port = re.fullmatch(r"tcp://(.*):(\d+)", address).groups()  # pyright: ignore
        with _camera(address) as camera, contextlib.ExitStack() as held:
            for _ in range(silent):
                held.enter_context(raw_tcp.connect((host, int(port))))
            for _ in range(rounds):
                for misuse in raw_tcp.MISUSES.values():
                    with contextlib.suppress(ConnectionError):  # it may hang up on us: rightly so
                        held.enter_context(_kept(misuse((host, int(port)), random)))
                    _send(camera, numbered)
                    numbered += 1
            target.pipe.send({"numbered": numbered, "messages": 0})
            return target.report(), numbered
    finally:
        target.end()


def at_decoder(n: int, seed: int = 0) -> Shots:
    """Let published messages be decoded: all that lie, then damaged ones, `n` altogether."""
    target = Target(decode)
    stream = _published(seed)
    try:
        for start in range(0, n, 1000):
            target.pipe.send(list(islice(stream, min(1000, n - start))))
            if not target.pipe.poll(_PATIENCE_S):
                raise RuntimeError("The decoder hangs.")
            target.pipe.recv()
        target.pipe.send([])
        return target.report()
    except EOFError:
        target.process.join(10)
        raise RuntimeError(f"The decoder ended with {target.process.exitcode}.") from None
    finally:
        target.end()


def _published(seed: int) -> Iterator[list[bytes]]:
    random = Random(seed)
    lying = list(published.lies().values())
    valid = published.valid_messages()
    yield from lying
    while True:
        yield mutation.damage(random.choice(valid), random)


@contextlib.contextmanager
def _camera(address: str) -> Iterator[zmq.Socket]:
    with zmq.Context() as context, context.socket(zmq.PUSH) as camera:
        camera.setsockopt(zmq.LINGER, 0)
        camera.setsockopt(zmq.SNDTIMEO, _PATIENCE_S * 1000)
        camera.connect(address)
        yield camera


def _send(camera: zmq.Socket, seq: int) -> None:
    camera.send_multipart(encode_frame(numbered_frame(seq)))


def _kept(connection: socket.socket) -> socket.socket:
    time.sleep(0.001)  # for what was said to arrive before what follows
    return connection
