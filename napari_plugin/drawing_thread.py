"""A thread that draws the marks of the newest picture, so that the window need not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from .drawing import draw
from .picture import Picture

_Drawn = tuple[Picture, np.ndarray]


class DrawingThread:
    """Draws one picture at a time; of those that wait only the newest is drawn."""

    def __init__(self) -> None:
        #: Called by the thread when something can be taken, if anybody wants to know.
        self.on_drawn: Callable[[], None] | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._at_work: Future[_Drawn] | None = None
        self._drawing: tuple[Picture, frozenset[str]] | None = None
        self._waiting: tuple[Picture, frozenset[str]] | None = None

    def draw(self, picture: Picture, parts: Collection[str]) -> None:
        """Draw `parts` of `picture` as soon as what is at work is done and was taken."""
        self._waiting = picture, frozenset(parts)
        self._go_on()

    def take(self) -> _Drawn | None:
        """Return a picture and its marks as `drawing.draw` returns them, None if none is done.

        Raises
        ------
        Exception
            What went wrong in the thread.
        """
        done = self._at_work
        if done is None or not done.done():
            return None
        self._at_work = self._drawing = None
        self._go_on()
        return done.result()

    @property
    def newest(self) -> Picture | None:
        """The newest picture that was not taken yet, None if there is none."""
        newest = self._waiting or self._drawing
        return None if newest is None else newest[0]

    def forget(self) -> None:
        """Drop what is at work or waits: something newer is shown."""
        self._waiting = self._drawing = self._at_work = None

    def close(self) -> None:
        """End the thread."""
        self.forget()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _go_on(self) -> None:
        if self._at_work is None and self._waiting is not None:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="skyrmlive drawing")
            self._drawing, self._waiting = self._waiting, None
            self._at_work = self._pool.submit(_drawn, *self._drawing)
            if self.on_drawn is not None:
                told = self.on_drawn
                self._at_work.add_done_callback(lambda _: told())


def _drawn(picture: Picture, parts: frozenset[str]) -> _Drawn:
    return picture, draw(picture, parts)
