"""Writes the frames of one recording, all of one shape and pixel type."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..frame import Frame, FrameMetadata
from . import ome
from .arrays import GrowingArray, Writing
from .completion import complete, now
from .jsonl import JsonLinesWriter
from .layout import (
    FORMAT,
    FORMAT_VERSION,
    FRAMES,
    IMAGE,
    RUN,
    RecordingError,
    write_error,
    write_group,
    write_json,
)


@dataclass
class PendingFrames:
    """Frames that are being written; `start` is the place of the first in its recording."""

    start: int
    frames: Sequence[tuple[int, Frame, float]]
    pixels: list[tuple[int, np.ndarray]]
    writing: Writing | None  # None where the disk has refused it


class FrameWriter:
    """A new recording of frames like `like`.

    Parameters
    ----------
    path
        Directory, which is claimed for it and empty besides.
    like
        The first frame, which fixes shape, pixel type and pixel size (nm) of the image.

    Raises
    ------
    RecordingError
        If the directory cannot be written.
    """

    def __init__(self, path: Path, like: Frame) -> None:
        self.path = path
        self.n_frames = 0
        self._n_begun = 0
        self._pixel_size_nm = like.metadata.pixel_size_nm
        self._first: float | None = None
        self._last: float | None = None
        height, width = like.shape
        self._run = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "program": f"skyrmlive {version('skyrmlive')}",
            "created_at": now(),
            "closed_at": None,
            "dtype": like.pixels.dtype.name,
            "height": height,
            "width": width,
        }
        try:
            path.mkdir(parents=True, exist_ok=True)
            write_group(path, ome.image_attributes(path.name, self._pixel_size_nm, None))
            self._array = GrowingArray(path / IMAGE, like.shape, like.pixels.dtype)
            self._index = JsonLinesWriter(path / FRAMES)
            write_json(path / RUN, self._run)
        except OSError as error:
            self._take_back()
            raise write_error(path, error) from None
        except RecordingError:
            self._take_back()
            raise

    def begin(self, frames: Sequence[tuple[int, Frame, float]]) -> PendingFrames:
        """Begin to write frames; `finish` them in the order in which they were begun.

        Parameters
        ----------
        frames
            Of each frame its number in the run, itself, and the Unix seconds of its arrival.

        Raises
        ------
        RecordingError
            If the disk refuses.
        """
        start = self._n_begun
        pixels = [(start + i, frame.pixels) for i, (_, frame, _) in enumerate(frames)]
        writing = self._array.begin(pixels)
        self._n_begun += len(frames)
        return PendingFrames(start, frames, pixels, writing)

    def finish(self, pending: PendingFrames) -> None:
        """Return when the frames are safe on disk.

        Pixels go first; a frame counts once its line in the index is complete.

        Raises
        ------
        RecordingError
            If the disk refuses; nothing of these frames is then acknowledged, and the same call
            may be made again.
        """
        writing = pending.writing or self._array.begin(pending.pixels)
        pending.writing = None
        writing.wait()
        lines = [
            _index_line(pending.start + i, run_frame, frame.metadata, received_at)
            for i, (run_frame, frame, received_at) in enumerate(pending.frames)
        ]
        self._index.append(lines, sync=True)
        self.n_frames += len(pending.frames)
        for _, frame, received_at in pending.frames:
            moment = frame.metadata.timestamp
            self._last = received_at if moment is None else moment
            self._first = self._last if self._first is None else self._first

    def close(self, *, settled: bool) -> None:
        """Cut the arrays to their true length and complete the metadata.

        Parameters
        ----------
        settled
            Whether the results are in the order of the frames, with their final tracks.
        """
        self._index.close()
        between = None
        if self._first is not None and self._last is not None:
            between = self._first, self._last
        run = self._run | {"settled": settled}
        complete(self.path, run, self.n_frames, self._pixel_size_nm, between)

    def _take_back(self) -> None:
        """Remove what could not be begun, so that it can be tried again."""
        shutil.rmtree(self.path / IMAGE, ignore_errors=True)
        for name in ("zarr.json", FRAMES, RUN):
            (self.path / name).unlink(missing_ok=True)


def _index_line(place: int, run_frame: int, metadata: FrameMetadata, received_at: float) -> str:
    document = {
        "frame": place,
        "run_frame": run_frame,
        "received_at": received_at,
        "metadata": metadata.model_dump(exclude_unset=True),
    }
    return json.dumps(document, allow_nan=False)
