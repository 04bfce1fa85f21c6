"""Reads image files into frames, one file at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..errors import FrameRejected, UserError
from ..frame import Frame, FrameMetadata
from ..pixels import as_frame_pixels
from .digital_micrograph import read_digital_micrograph
from .tiff import count_tiff, read_tiff

_log = logging.getLogger(__name__)


def _read_png(path: Path) -> Iterator[Frame]:
    # Through numpy, since OpenCV's own file reader fails on non-ASCII paths on Windows.
    data = np.fromfile(path, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise ValueError("it is damaged or not a PNG image")
    if image.ndim == 3:
        image = image[..., 2::-1]  # OpenCV gives blue first
    yield Frame(as_frame_pixels(image, path.name))


def _load_npy(path: Path) -> np.ndarray:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.ndarray) or array.ndim not in (2, 3):
        raise ValueError("it holds no image (y, x) and no stack (t, y, x)")
    return array if array.ndim == 3 else array[np.newaxis]


def _read_npy(path: Path) -> Iterator[Frame]:
    for image in _load_npy(path):
        yield Frame(as_frame_pixels(image, path.name))


_READERS: dict[str, Callable[[Path], Iterator[Frame]]] = {
    ".tif": read_tiff,
    ".tiff": read_tiff,
    ".png": _read_png,
    ".npy": _read_npy,
    ".dm3": read_digital_micrograph,
    ".dm4": read_digital_micrograph,
}
#: File name endings that can be read.
SUFFIXES = tuple(_READERS)


def read_frames(path: Path) -> Iterator[Frame]:
    """Yield the frames of one file, in order, each naming the file as its `source`.

    Parameters
    ----------
    path
        TIFF (one frame a page), PNG, NPY (y, x) or (t, y, x), or DM3/DM4 with the extra `formats`.

    Raises
    ------
    UserError
        If the file is missing, damaged or of a kind that is not read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path}: files of this kind are not read; use {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise UserError(f"{path} does not exist.")
    empty = True
    try:
        for frame in reader(path):
            empty = False
            if frame.metadata.source is None:
                metadata = frame.metadata.model_copy(update={"source": path.name})
                frame = Frame(frame.pixels, metadata)
            yield frame
    except FrameRejected as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    except Exception as error:  # a damaged file can make a decoder raise almost anything
        _log.debug("Reading %s failed", path, exc_info=True)
        reason = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
        raise UserError(f"{path} cannot be read: {reason}.") from None
    if empty:  # what is left of some damaged TIFF files is a valid file without pages
        raise UserError(f"{path} cannot be read: it holds no image.")


class FilesSource:
    """The frames of files and folders, lazily and in the order given.

    Parameters
    ----------
    paths
        Files, or folders whose readable files are taken in alphabetical order.
    overrides
        Metadata that wins over what the files say.

    Raises
    ------
    UserError
        If a path does not exist or a folder holds nothing readable.
    """

    def __init__(self, paths: Sequence[Path], overrides: FrameMetadata | None = None) -> None:
        self.files = [file for path in paths for file in _expand(path)]
        self._overrides = {} if overrides is None else overrides.model_dump(exclude_unset=True)

    def count(self) -> int | None:
        """Return the number of frames, or None where that takes reading the pixels."""
        total = 0
        for file in self.files:
            suffix = file.suffix.lower()
            try:
                if suffix in (".tif", ".tiff"):
                    total += count_tiff(file)
                elif suffix == ".npy":
                    total += len(_load_npy(file))
                elif suffix == ".png":
                    total += 1
                else:
                    return None
            except Exception:  # reading the file in its turn says what is wrong with it
                _log.debug("Cannot count the frames of %s", file, exc_info=True)
                return None
        return total

    def __iter__(self) -> Iterator[Frame]:
        for file in self.files:
            yield from self.frames_of(file)

    def frames_of(self, file: Path) -> Iterator[Frame]:
        """Yield the frames of one file with the overrides applied."""
        for frame in read_frames(file):
            if self._overrides:
                frame = Frame(frame.pixels, frame.metadata.model_copy(update=self._overrides))
            yield frame


def _expand(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not found:
            raise UserError(f"The folder {path} holds no image ({', '.join(SUFFIXES)}).")
        return found
    if not path.exists():
        raise UserError(f"{path} does not exist.")
    return [path]
