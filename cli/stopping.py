"""SIGINT and SIGTERM end a run cleanly, a second one at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_FINISHING = "Stopping; finishing what has come. Press Ctrl-C again to leave the rest."


@dataclass
class Signals:
    """Whether somebody has asked to stop."""

    asked: bool = False


@contextmanager
def on_signals(
    stop: Callable[[], None], abandon: Callable[[], None], said: str = _FINISHING
) -> Iterator[Signals]:
    """Within this block, call `stop` on the first SIGINT or SIGTERM and `abandon` on the next.

    Both must be safe to call at any instant: they run inside a signal handler. `said` is what the
    first signal is answered with.
    """
    signals = Signals()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if signals.asked:
            abandon()
            return
        signals.asked = True
        # Not print: the signal may have interrupted another print.
        os.write(2, f"\n{said}\n".encode())
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
