"""SIGINT and SIGTERM end a run cleanly, a second one at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def on_signals(stop: Callable[[], None], abandon: Callable[[], None]) -> Iterator[None]:
    """Within this block, call `stop` on the first SIGINT or SIGTERM and `abandon` on the next.

    Both must be safe to call at any instant: they run inside a signal handler.
    """
    asked = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            abandon()
            return
        asked = True
        # Not print: the signal may have interrupted another print.
        os.write(2, b"\nStopping; finishing what has come. Press Ctrl-C again to leave the rest.\n")
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
