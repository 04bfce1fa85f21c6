"""Asks a microscope or holder again and again, and sends what it says."""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Callable

from nonblocking_push import NonblockingPush

_log = logging.getLogger("skyrmlive")
#: The receiver refuses a whole message for one quantity outside of these (both ends excluded).
_LIMITS = {
    "voltage_kv": (0, math.inf),
    "tilt_x_deg": (-90, 90),
    "tilt_y_deg": (-90, 90),
    "temperature_k": (0, math.inf),
}


def stage_message(quantities: dict, timestamp: float) -> bytes | None:
    """Return the message that carries `quantities`; None if none of them is a possible value.

    Parameters
    ----------
    quantities
        Name to number, named as in the frames' metadata. What is not finite, or impossible (a
        voltage of 0 while the gun is off), is left out.
    timestamp
        Unix seconds.
    """
    possible = {name: float(value) for name, value in quantities.items() if _possible(name, value)}
    if not possible:
        return None
    message = dict(possible, type="stage", timestamp=timestamp)
    return json.dumps(message, allow_nan=False).encode()


def poll(
    connect: Callable[[], Callable[[], dict]],
    push: NonblockingPush,
    period_s: float = 1.0,
    stop: threading.Event | None = None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Read and send every `period_s` seconds, until `stop` is set.

    Neither an absent receiver nor a microscope that does not answer ends it. Each change for the
    worse or the better is logged once.

    Parameters
    ----------
    connect
        Returns a function that returns the quantities (name to number; empty: nothing new). It is
        called at the beginning, and again after every failure.
    push
        Socket to the receiver.
    period_s
        Seconds.
    stop
        Ends the loop.
    clock
        Returns Unix seconds.

    Raises
    ------
    ImportError
        If the vendor's package is not there, since waiting does not bring it.
    """
    stop = stop or threading.Event()
    read = None
    microscope, receiver = _Changes(), _Changes()
    while not stop.wait(period_s):
        try:
            read = read or connect()
            message = stage_message(read(), clock())
        except ImportError:
            raise
        except Exception as error:  # whatever the vendor's interface raises
            read = None
            microscope.log(logging.WARNING, f"Nothing can be read: {error!r}")
            continue
        microscope.log(logging.INFO, "Reading.")
        if message is None:
            continue
        if push.send(message):
            receiver.log(logging.INFO, f"Sending to {push.address}.")
        else:
            receiver.log(logging.WARNING, f"No receiver at {push.address}.")


class _Changes:
    """Logs a text unless it is the last one again."""

    def __init__(self) -> None:
        self._last: str | None = None

    def log(self, level: int, text: str) -> None:
        if text != self._last:
            self._last = text
            _log.log(level, text)


def _possible(name: str, value: float) -> bool:
    low, high = _LIMITS.get(name, (-math.inf, math.inf))
    return low < value < high
