"""A camera's view that moves over one large frame: results that differ, analysed only once."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import numpy as np
from lorentz_frame import lorentz_frame

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.engine_store import load_engine
from skyrmlive.stream.frame import Frame
from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.result import FrameResult

_RADIUS_PX = 24
_TURN_FRAMES = 60


class MovingLattice:
    """Frames and results of a lattice that drifts in a circle.

    Parameters
    ----------
    side
        Pixels of a frame in each direction; with 2048 there are about 1500 skyrmions in view.
    """

    def __init__(self, side: int) -> None:
        engine = load_engine()
        self._side = side
        self._frame = lorentz_frame(side + 2 * _RADIUS_PX, engine.condition)
        self._found = SkyrmionAnalyser(engine).analyse(self._frame, 0, 0.0)

    def at(self, index: int) -> tuple[Frame, FrameResult]:
        """Return frame number `index` and what is found in it."""
        angle = 2 * np.pi * index / _TURN_FRAMES
        y, x = (_RADIUS_PX + round(_RADIUS_PX * part) for part in (np.sin(angle), np.cos(angle)))
        window = np.s_[y : y + self._side, x : x + self._side]
        pixels = np.ascontiguousarray(self._frame.pixels[window])
        labels, whole = self._found.labels, self._found.table
        assert labels is not None
        inside = whole["y"].between(y, y + self._side - 1) & whole["x"].between(
            x, x + self._side - 1
        )
        table = whole[inside].reset_index(drop=True)
        table = table.assign(frame=index, particle=table["label"], y=table.y - y, x=table.x - x)
        summary = self._found.summary.model_copy(
            update={
                "frame": index,
                "seq": index,
                "received_at": time.time(),
                "timestamp": time.time(),
                "height": self._side,
                "width": self._side,
                "n_skyrmions": int((~table["is_stripe"]).sum()),
                "mean_diameter_nm": float(table["diameter_nm"].mean()),
                "field_mt": 100 * np.sin(index / 500),
            }
        )
        metadata = self._found.metadata
        return Frame(pixels, metadata), FrameResult(
            summary, table, np.ascontiguousarray(labels[window]), metadata
        )


@contextmanager
def published(side: int, rate_hz: float) -> Iterator[str]:
    """Publish results in a process of their own, and give the address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_publish, args=(side, rate_hz, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _publish(side: int, rate_hz: float, told: Connection) -> None:
    lattice = MovingLattice(side)
    with ResultPublisher("tcp://127.0.0.1:*") as publisher:
        told.send(publisher.address)
        start = time.monotonic()
        index = 0
        while True:
            frame, result = lattice.at(index)
            time.sleep(max(0.0, start + index / rate_hz - time.monotonic()))
            publisher.publish(result, frame)
            index += 1
