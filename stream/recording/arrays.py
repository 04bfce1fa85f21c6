"""Zarr v3 arrays of images that grow along time."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore as ts

from .layout import DiskFull, RecordingError

#: Frames by which an array grows; each growth rewrites the array's zarr.json.
_BLOCK = 64
#: Largest side of a chunk, since Blosc compresses at most 2 GiB at a time.
_MAX_CHUNK_SIDE = 4096
#: How tensorstore, whose errors are texts, says that the disk is full.
_FULL = (
    os.strerror(errno.ENOSPC),
    os.strerror(errno.EDQUOT),
    os.strerror(errno.EMFILE),
    os.strerror(errno.ENFILE),
    "not enough space on the disk",  # Windows
)


class Writing:
    """Frames on their way to the disk."""

    def __init__(self, path: Path, writes: Sequence[ts.WriteFutures]) -> None:
        self._path = path
        self._writes = writes

    def wait(self) -> None:
        """Return when all are on disk; raises as `GrowingArray.write` does."""
        try:
            for write in self._writes:
                write.result()
        except (ValueError, OSError) as error:
            raise _write_error(self._path, error) from None


class GrowingArray:
    """Append-only array (t, y, x), one frame a chunk (a few chunks for huge frames).

    Each chunk is written to a temporary file and renamed by tensorstore, so that a
    chunk is on disk whole or not at all.

    Parameters
    ----------
    path
        Directory of the new array.
    shape
        (height, width) of one frame.
    dtype
        Its pixel type.
    sync
        Whether writes wait until they would survive a power cut, and not only the end of this
        process.

    Raises
    ------
    RecordingError
        If the array cannot be created.
    """

    def __init__(
        self, path: Path, shape: tuple[int, int], dtype: np.dtype, *, sync: bool = True
    ) -> None:
        self._path = path
        spec = _spec(path, shape, dtype) | {"context": {"file_io_sync": sync}}
        try:
            self._array = ts.open(spec, create=True).result()
        except (ValueError, OSError) as error:
            raise _write_error(path, error) from None

    def begin(self, frames: Sequence[tuple[int, np.ndarray]]) -> Writing:
        """Begin to write frames at their places along t.

        Raises
        ------
        RecordingError
            If the disk refuses, for example because it is full.
        """
        end = max(index for index, _ in frames) + 1
        try:
            if end > self._array.shape[0]:
                self._resize(-(-end // _BLOCK) * _BLOCK)
            return Writing(
                self._path, [self._array[index].write(pixels) for index, pixels in frames]
            )
        except (ValueError, OSError) as error:
            raise _write_error(self._path, error) from None

    def write(self, frames: Sequence[tuple[int, np.ndarray]]) -> None:
        """Write frames at their places along t; return when all are on disk.

        Raises
        ------
        RecordingError
            If the disk refuses, for example because it is full.
        """
        self.begin(frames).wait()

    def _resize(self, n_frames: int) -> None:
        self._array = self._array.resize(exclusive_max=[n_frames, None, None]).result()


def set_length(path: Path, n_frames: int) -> None:
    """Set the length along t of the array at `path`.

    Raises
    ------
    RecordingError
        If it is no array, or the disk refuses.
    """
    try:
        array = ts.open(_open_spec(path), read=True, write=True).result()
        array.resize(exclusive_max=[n_frames, None, None]).result()
    except (ValueError, OSError) as error:
        raise _write_error(path, error) from None


class StoredArray:
    """Lazy reader of an array that another thread or process may still be extending."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._array = self._open()

    @property
    def dtype(self) -> np.dtype:
        """Pixel type."""
        return self._array.dtype.numpy_dtype

    @property
    def length(self) -> int:
        """Number of frames there is room for, written or not."""
        return self._array.shape[0]

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self._array.shape[1], self._array.shape[2]

    def read(self, index: int) -> np.ndarray:
        """Return the frame at `index`, shape (height, width).

        Raises
        ------
        RecordingError
            If it was never written, or its file is damaged.
        """
        try:
            if index >= self.length:
                self._array = self._open()
            return np.asarray(self._array[index].read().result())
        except (ValueError, OSError) as error:
            raise RecordingError(
                f"Frame {index} of {self._path} cannot be read: {_first_line(error)}."
            ) from None

    def _open(self) -> ts.TensorStore:
        try:
            return ts.open(_open_spec(self._path), read=True).result()
        except (ValueError, OSError) as error:
            raise RecordingError(
                f"{self._path} is not a readable Zarr array: {_first_line(error)}."
            ) from None


def _open_spec(path: Path) -> dict[str, Any]:
    return {
        "driver": "zarr3",
        "kvstore": {"driver": "file", "path": f"{path}/"},
        # A chunk that is missing is an error here, not an image of zeros.
        "fill_missing_data_reads": False,
        "recheck_cached_metadata": "open",
        "recheck_cached_data": True,
    }


def _spec(path: Path, shape: tuple[int, int], dtype: np.dtype) -> dict[str, Any]:
    # Counting noise leaves the high bits of a pixel alike, and bitshuffle brings these together.
    # zstd behind a byte shuffle packs a fifth smaller, for about twice the time: two cores have
    # better things to do, see docs/decisions/0001.
    blosc = {
        "cname": "lz4",
        "clevel": 1,
        "shuffle": "bitshuffle",
        "typesize": dtype.itemsize,
        "blocksize": 0,
    }
    return _open_spec(path) | {
        "store_data_equal_to_fill_value": True,  # so that a lost chunk shows
        "metadata": {
            "shape": [_BLOCK, *shape],
            "data_type": dtype.name,
            "fill_value": 0,
            "chunk_grid": {
                "name": "regular",
                "configuration": {"chunk_shape": [1, *map(_chunk_side, shape)]},
            },
            # All chunks in one folder: three folders for each frame take longer to make than a
            # small frame to write, and only the last of them would be synchronised.
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
            "codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "blosc", "configuration": blosc},
                # LZ4 unpacks a damaged chunk to wrong pixels without a word.
                {"name": "crc32c"},
            ],
            "dimension_names": ["t", "y", "x"],
        },
    }


def _chunk_side(side: int) -> int:
    pieces = -(-side // _MAX_CHUNK_SIDE)
    return -(-side // pieces)


def _write_error(path: Path, error: Exception) -> RecordingError:
    message = _first_line(error)
    for full in _FULL:
        if full in message:
            return DiskFull(f"Writing to {path} failed: {full}.")
    return RecordingError(f"Writing to {path} failed: {message}.")


def _first_line(error: Exception) -> str:
    # tensorstore appends its source locations, its whole specification and more to the message.
    return re.split(r" \[(?:source locations|\w+=')", str(error).splitlines()[0])[0].rstrip(". ")
