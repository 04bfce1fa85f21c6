"""Images of a run as arrays (t, y, x) that are read when they are looked at."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from ...stream.errors import UserError
from ...stream.files import NumberedFrames
from ...stream.recording import Recording

_log = logging.getLogger(__name__)
#: Images that stay in memory.
_KEPT_BYTES = 64 * 2**20


class LazyImages:
    """An array (t, y, x), as far as napari and numpy need one.

    napari takes a slice for every frame it shows, and nothing else is read. What cannot be read is
    black, and logged: a damaged file must not keep anybody from the rest of a run.

    Parameters
    ----------
    n_frames, shape, dtype
        Length along t; (height, width) of an image; its pixel type.
    read
        Returns the image of a number, of any shape and type for those that are not like the first;
        raises UserError. It is called by one thread at a time.
    """

    ndim = 3

    def __init__(
        self,
        n_frames: int,
        shape: tuple[int, int],
        dtype: np.dtype,
        read: Callable[[int], np.ndarray],
    ) -> None:
        self.shape = (n_frames, *shape)
        self.dtype = np.dtype(dtype)
        self._read = read
        self._lock = Lock()
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()
        self._most = max(2, _KEPT_BYTES // max(1, int(np.prod(shape)) * self.dtype.itemsize))
        #: Number of images read so far.
        self.n_read = 0

    @property
    def size(self) -> int:
        """Number of pixels."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def image(self, index: int) -> np.ndarray:
        """Return one image (height, width), read-only; it is black if it cannot be read.

        It may be called by any thread.
        """
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
            image = self._read_or_black(index)
            image.flags.writeable = False
            self._kept[index] = image
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return image

    def __getitem__(self, key: Any) -> np.ndarray:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if first is Ellipsis:
            first, rest = slice(None), [Ellipsis, *rest]
        frames = np.arange(len(self))[first]
        if frames.ndim == 0:
            image = self.image(int(frames))
            return image[tuple(rest)] if rest else image
        images = [self.image(int(frame))[tuple(rest)] for frame in frames]
        if images:
            return np.stack(images)
        return np.empty((0, *np.empty(self.shape[1:], np.uint8)[tuple(rest)].shape), self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def _read_or_black(self, index: int) -> np.ndarray:
        self.n_read += 1
        try:
            image = self._read(index)
        except UserError as error:
            _log.warning("Frame %d is shown black: %s", index, error)
            return np.zeros(self.shape[1:], self.dtype)
        if image.shape != self.shape[1:]:
            _log.warning("Frame %d is shown black: its size is another one.", index)
            return np.zeros(self.shape[1:], self.dtype)
        return image.astype(self.dtype, copy=False)


def frames_of_recording(recording: Recording) -> LazyImages:
    """Return the frames that a recording has now."""
    return LazyImages(
        recording.n_frames,
        recording.shape,
        recording.dtype,
        lambda index: recording.frame(index).pixels,
    )


def labels_of_recording(recording: Recording) -> LazyImages:
    """Return the label images of a recording, 0 where a frame has none."""

    def read(index: int) -> np.ndarray:
        labels = recording.labels(index)
        return np.zeros(recording.shape, np.uint16) if labels is None else labels

    return LazyImages(recording.n_frames, recording.shape, np.dtype(np.uint16), read)


def frames_of_files(paths: Sequence[Path]) -> tuple[LazyImages, NumberedFrames]:
    """Return the frames of image files, stacks or folders, and where they are read from.

    Raises
    ------
    UserError
        If there is none, or the first cannot be read.
    """
    files = NumberedFrames(paths)
    first = files.frame(0)

    def read(index: int) -> np.ndarray:
        return first.pixels.copy() if index == 0 else files.frame(index).pixels

    return LazyImages(len(files), first.shape, first.pixels.dtype, read), files
