"""Slow work beside the main thread, whose outcome comes back as a signal of Qt."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

_Outcome = TypeVar("_Outcome")


def in_background(
    name: str, work: Callable[[], _Outcome], tell: Callable[[_Outcome], object]
) -> None:
    """Do `work` in a thread, then call `tell` there, usually a signal's `emit`.

    Parameters
    ----------
    name
        Of the thread.
    work
        May take its time; whatever it raises must be part of its outcome.
    tell
        Gets the outcome; a window that is gone by then is passed over.
    """

    def run() -> None:
        outcome = work()
        try:
            tell(outcome)
        except RuntimeError:  # the widget is gone, and nobody waits for it
            return

    Thread(target=run, name=name, daemon=True).start()
