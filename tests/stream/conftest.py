"""A small, real analyser and a few images, since the stream knows no model."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import cv2
import numpy as np
import pandas as pd
import pytest
import zmq

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.result import TABLE_DTYPES, FrameResult, ResultSummary, empty_table


class LeftToRight:
    """Numbers blobs from left to right, with new numbers whenever there are more or fewer."""

    def __init__(self) -> None:
        self._first = self._count = 0

    def follow(self, table: pd.DataFrame) -> np.ndarray:
        if len(table) != self._count:
            self._first += self._count
            self._count = len(table)
        return self._first + np.argsort(np.argsort(table["x"].to_numpy())).astype(np.int64)


class BlobAnalyser:
    """Measures bright blobs on a dark ground; refuses frames without any contrast."""

    engine_id = "bright-blobs"

    def __init__(self) -> None:
        self.indices: list[int] = []
        self._tracks = LeftToRight()

    def new_tracks(self) -> LeftToRight:
        return LeftToRight()

    def analyse(
        self, frame: Frame, index: int, received_at: float, *, linked: bool = True
    ) -> FrameResult:
        self.indices.append(index)
        image = np.asarray(frame.pixels, dtype=np.float64)
        low, high = image.min(), image.max()
        if low == high:
            raise UserError("The image has no contrast.")
        binary = (image > (low + high) / 2).astype(np.uint8)
        n, labels, stats, centres = cv2.connectedComponentsWithStats(binary)
        table = empty_table().reindex(range(n - 1))
        table["frame"], table["particle"], table["label"] = index, -1, range(1, n)
        table["x"], table["y"] = centres[1:, 0], centres[1:, 1]
        table["area"] = stats[1:, cv2.CC_STAT_AREA]
        table["equivalent_diameter_area"] = np.sqrt(4 * table["area"].astype(float) / np.pi)
        table["touches_border"] = table["is_stripe"] = False
        table["n_neighbours"] = 0
        table = table.astype(TABLE_DTYPES)
        if linked:
            table["particle"] = self._tracks.follow(table)
        height, width = frame.shape
        summary = ResultSummary(
            frame=index,
            seq=frame.metadata.seq,
            timestamp=frame.metadata.timestamp,
            received_at=received_at,
            height=height,
            width=width,
            temperature_k=frame.metadata.temperature_k,
            stage_age_s=frame.metadata.stage_age_s or {},
            n_skyrmions=n - 1,
            engine=self.engine_id,
        )
        return FrameResult(summary, table, labels.astype(np.uint16), frame.metadata)


def _make_frame(n_blobs: int = 3, size: tuple[int, int] = (64, 96), **metadata: object) -> Frame:
    """Return a noisy uint16 frame with `n_blobs` bright squares."""
    rng = np.random.default_rng(n_blobs)
    pixels = rng.poisson(100, size).astype(np.uint16)
    for i in range(n_blobs):
        y, x = 4 + 12 * (i // 7), 4 + 12 * (i % 7)
        pixels[y : y + 6, x : x + 6] += 1000
    return Frame(pixels, FrameMetadata.model_validate(metadata))


@pytest.fixture
def make_frame():
    return _make_frame


@pytest.fixture
def analyser() -> BlobAnalyser:
    return BlobAnalyser()


@pytest.fixture
def address() -> Iterator[str]:
    """A free address, held until the test ends: the system gives its port to nobody else.

    ZeroMQ binds to it all the same, since the socket that holds it does not listen.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def context():
    with zmq.Context() as context:
        yield context
        context.destroy(linger=0)
