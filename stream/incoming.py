"""Taking messages in from a socket, the same for every protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import zmq

from .arrival import BATCH_BYTES, Arrival

_BATCH_MESSAGES = 64


def take_in(
    socket: zmq.Socket,
    take: Callable[[list[zmq.Frame]], Sequence[Arrival]],
    arrivals: list[Arrival],
    timeout_s: float,
    max_frames: int,
) -> None:
    """Append the frames that have come to `arrivals`, waiting at most `timeout_s` for the first.

    Parameters
    ----------
    socket
        What they come in by.
    take
        Turns the parts of a message into its frames; none for one that carries none.
    arrivals
        May hold frames already.
    timeout_s
        Seconds to wait; 0 takes only what is there already.
    max_frames
        It stops at so many in `arrivals`, and earlier if they are large. The last message may
        bring more.
    """
    n_bytes = sum(arrival.frame.pixels.nbytes for arrival in arrivals)
    n_messages = 0
    deadline = time.monotonic() + timeout_s
    while len(arrivals) < max_frames and n_bytes < BATCH_BYTES:
        wait_s = 0.0 if arrivals else max(0.0, deadline - time.monotonic())
        if wait_s == 0 and n_messages >= _BATCH_MESSAGES:  # a flood of something else
            return
        if not socket.poll(round(wait_s * 1000)):
            return
        n_messages += 1
        taken = take(socket.recv_multipart(copy=False))
        arrivals += taken
        n_bytes += sum(arrival.frame.pixels.nbytes for arrival in taken)
