"""What ZeroMQ tells about the connections of a socket."""

from __future__ import annotations

import itertools

import zmq

_numbers = itertools.count()


def open_monitor(socket: zmq.Socket, events: int, context: zmq.Context) -> zmq.Socket:
    """Return a socket of `context` on which the `events` of `socket` can be read."""
    address = f"inproc://skyrmlive.monitor.{next(_numbers)}"
    socket.monitor(address, events)
    monitor = context.socket(zmq.PAIR)
    # No bound: ZeroMQ's own thread would wait for a reader that is slow, and all sockets with it.
    monitor.setsockopt(zmq.RCVHWM, 0)
    monitor.setsockopt(zmq.LINGER, 0)
    monitor.connect(address)
    return monitor
