"""A change of engine between two frames of a run."""

from __future__ import annotations

from collections.abc import Callable

from ..stream.frame import FrameMetadata
from .engine import Engine


class EngineSwitch:
    """Gives `SkyrmionAnalyser` an engine for each frame, and another one when it is told so.

    The engine of a frame is asked for once, before its analysis: so every frame has one engine from
    the first pixel to the last, and its result names it.

    Parameters
    ----------
    engine
        The engine, or a function that gives the one for a frame's metadata.
    """

    def __init__(self, engine: Engine | Callable[[FrameMetadata], Engine]) -> None:
        self.use(engine)

    def use(self, engine: Engine | Callable[[FrameMetadata], Engine]) -> None:
        """Take another one from the next frame on; from any thread."""
        self._suiting = engine if callable(engine) else lambda _: engine

    def __call__(self, metadata: FrameMetadata) -> Engine:
        """Return the engine for a frame."""
        return self._suiting(metadata)
