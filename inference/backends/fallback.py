"""A backend that fails in mid-run must not end the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from .backend import Backend, BackendFailed, NetworkOutput

_log = logging.getLogger(__name__)


class FallbackBackend:
    """Implements `Backend` by the first of several that works.

    When one fails, at its start or with a frame, its reason is logged, and the next one takes over
    from that frame on.

    Parameters
    ----------
    makers
        One for each backend, best first. Each is asked when its turn comes.

    Raises
    ------
    BackendFailed
        None of them works; so does every method when the last one fails.
    """

    def __init__(self, makers: Sequence[Callable[[], Backend]]) -> None:
        self._makers = list(makers)
        self._current = self._next()

    def warm_up(self, height: int, width: int) -> None:
        """Compile for images of this shape and run once, so that the first frame does not wait."""
        self._retried(lambda backend: backend.warm_up(height, width))

    def infer(
        self, images: np.ndarray, told: np.ndarray, deconvolved: np.ndarray | None = None
    ) -> NetworkOutput:
        """Run the network; see `Backend.infer`."""
        outputs: list[NetworkOutput] = []
        self._retried(lambda backend: outputs.append(backend.infer(images, told, deconvolved)))
        return outputs[-1]

    def describe(self) -> str:
        """Say in a few words what runs where."""
        return self._current.describe()

    def _retried(self, work: Callable[[Backend], None]) -> None:
        while True:
            try:
                return work(self._current)
            except BackendFailed as error:
                if not self._makers:
                    raise
                _log.warning("%s failed: %s", self._current.describe(), error)
                self._current = self._next()

    def _next(self) -> Backend:
        while True:
            make = self._makers.pop(0)
            try:
                return make()
            except BackendFailed as error:
                if not self._makers:
                    raise
                _log.warning("A backend is not used: %s", error)
