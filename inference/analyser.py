"""Frames of one run become results: segmentation, and tracks from frame to frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..stream.frame import Frame, FrameMetadata
from ..stream.result import FrameResult
from .engine import Engine
from .frame_summary import summarise
from .linking import Linker
from .segmenter import Segmenter, StageClock


class SkyrmionAnalyser:
    """Implements `skyrmlive.stream.result.Analyser` for one run; linked frames come in order.

    Parameters
    ----------
    engine
        Which network, and for what; or a function that gives the engine for a frame's metadata.
    memory
        Number of frames for which a skyrmion may vanish and keep its track.
    """

    def __init__(
        self, engine: Engine | Callable[[FrameMetadata], Engine], *, memory: int = 2
    ) -> None:
        self._suiting = engine if callable(engine) else lambda _: engine
        self._segmenter = Segmenter(self._suiting(FrameMetadata()))
        self._memory = memory
        # A camera that bins its pixels otherwise moves everything: each kind of frame has its own.
        self._linkers: dict[tuple[tuple[int, int], np.dtype], Linker] = {}

    @property
    def engine_id(self) -> str:
        """Name of the engine of the last frame."""
        return self._segmenter.engine.engine_id

    def new_tracks(self) -> Linker:
        """Return tracks without a frame, to link the tables of a recording anew."""
        return Linker(self._memory)

    def analyse(
        self, frame: Frame, index: int, received_at: float, *, linked: bool = True
    ) -> FrameResult:
        """Find, measure and link the skyrmions of `frame`, the `index`-th of this run.

        Parameters
        ----------
        frame
            Pixels and metadata.
        index
            Counted from 0.
        received_at
            Unix seconds.
        linked
            Whether to link them to the frame before; their `particle` is -1 otherwise.

        Raises
        ------
        UserError
            The frame cannot be brought to the engine's geometry.
        """
        engine = self._suiting(frame.metadata)
        if engine is not self._segmenter.engine:  # tracks go on
            self._segmenter = Segmenter(engine)
        found = self._segmenter.segment(frame.pixels, frame.metadata)
        clock = StageClock()
        table = found.table
        table["frame"] = np.int64(index)
        if linked:
            kind = frame.shape, frame.pixels.dtype
            linker = self._linkers.setdefault(kind, self.new_tracks())
            table["particle"] = linker.follow(table)
        else:
            table["particle"] = np.int64(-1)
        clock.lap("link")
        latency_ms = found.latency_ms | {"link": clock.latency_ms["link"]}
        latency_ms["total"] += clock.latency_ms["link"]
        summary = summarise(frame, found, engine, index, received_at)
        summary.latency_ms = {stage: round(time, 3) for stage, time in latency_ms.items()}
        return FrameResult(summary, table, found.labels, frame.metadata)
