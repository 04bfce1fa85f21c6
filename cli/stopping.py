"""SIGINT and SIGTERM end a run cleanly, a second one at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

_FINISHING = "Stopping; finishing what has come. Press Ctrl-C again to leave the rest."


class Stoppable(Protocol):
    """What can be asked to stop, from a signal handler."""

    def stop(self) -> None:
        """Take no more in, and finish what has come."""
        ...

    def abandon(self) -> None:
        """Stop, and leave what has come."""
        ...


class Signals:
    """Hands the wish to stop on to what runs, even if it came before that was there.

    Attributes
    ----------
    asked
        Whether somebody has asked to stop.
    """

    def __init__(self) -> None:
        self.asked = False
        self._running: Stoppable | None = None

    def stops(self, running: Stoppable) -> None:
        """From now on signals stop `running`, and one that came before does so at once."""
        self._running = running
        if self.asked:
            running.stop()

    def ask(self) -> None:
        """Stop what runs; the second time, abandon it."""
        if self._running is not None:
            (self._running.abandon if self.asked else self._running.stop)()
        self.asked = True


@contextmanager
def on_signals(said: str = _FINISHING) -> Iterator[Signals]:
    """Within this block, SIGINT and SIGTERM stop what `Signals.stops` names.

    Enter it before frames can come in. `said` is what the first signal is answered with.
    """
    signals = Signals()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if not signals.asked:
            # Not print: the signal may have interrupted another print.
            os.write(2, f"\n{said}\n".encode())
        signals.ask()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
