"""Writes the frames of one recording, all of one shape and pixel type."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from ..frame import Frame, FrameMetadata
from . import ome
from .arrays import GrowingArray
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


class FrameWriter:
    """A new recording of frames like `like`.

    Parameters
    ----------
    path
        Directory to make; it may exist if it is empty.
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

    def append(self, frames: Sequence[tuple[int, Frame, float]]) -> int:
        """Append frames and return when they are safe on disk.

        Pixels go first; a frame counts once its line in the index is complete.

        Parameters
        ----------
        frames
            Of each frame its number in the run, itself, and the Unix seconds of its arrival.

        Returns
        -------
        int
            Place of the first of them in this recording.

        Raises
        ------
        RecordingError
            If the disk refuses; nothing of these frames is then acknowledged.
        """
        start = self.n_frames
        self._array.write([(start + i, frame.pixels) for i, (_, frame, _) in enumerate(frames)])
        lines = [
            _index_line(start + i, run_frame, frame.metadata, received_at)
            for i, (run_frame, frame, received_at) in enumerate(frames)
        ]
        self._index.append(lines, sync=True)
        self.n_frames += len(frames)
        for _, frame, received_at in frames:
            moment = frame.metadata.timestamp
            self._last = received_at if moment is None else moment
            self._first = self._last if self._first is None else self._first
        return start

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
