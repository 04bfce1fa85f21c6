"""Reads one image file, whatever its format, into frames."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import FrameRejected, UserError
from ..frame import Frame
from .digital_micrograph import digital_micrograph_is_whole, read_digital_micrograph
from .mrc import count_mrc, mrc_is_whole, read_mrc
from .plain import count_npy, count_png, npy_is_whole, png_is_whole, read_npy, read_png
from .tiff import count_tiff, read_tiff, tiff_is_whole
from .tvips import read_tvips

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Format:
    """How a format is read; whether a file is whole, and its number of frames, where it says so."""

    read: Callable[[Path, int], Iterator[Frame]]
    is_whole: Callable[[Path], bool] | None = None
    count: Callable[[Path], int] | None = None


_TIFF = _Format(read_tiff, tiff_is_whole, count_tiff)
_MRC = _Format(read_mrc, mrc_is_whole, count_mrc)
_DIGITAL_MICROGRAPH = _Format(read_digital_micrograph, digital_micrograph_is_whole)
_FORMATS = {
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".png": _Format(read_png, png_is_whole, count_png),
    ".npy": _Format(read_npy, npy_is_whole, count_npy),
    ".mrc": _MRC,
    ".mrcs": _MRC,
    ".dm3": _DIGITAL_MICROGRAPH,
    ".dm4": _DIGITAL_MICROGRAPH,
    ".tvips": _Format(read_tvips),
}
#: File name endings that can be read.
SUFFIXES = tuple(_FORMATS)
#: Those whose files say how long they will be, so that one that still grows is known.
WATCHED_SUFFIXES = tuple(suffix for suffix in SUFFIXES if _FORMATS[suffix].is_whole is not None)


def read_frames(path: Path, start: int = 0) -> Iterator[Frame]:
    """Yield the frames of one file, in order, each naming the file as its `source`.

    Stacks are read frame by frame, so that they may be larger than the memory.

    Parameters
    ----------
    path
        TIFF (one frame a page), PNG, NPY (y, x) or (t, y, x), MRC, or DM3, DM4 and TVIPS with the
        extra `formats`.
    start
        Number of the first frame to yield; those before it are passed over, as a rule unread.

    Raises
    ------
    UserError
        If the file is missing, damaged or of a kind that is not read. Its cause is an OSError if it
        was the disk or the share that refused.
    """
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UserError(f"{path}: files of this kind are not read; use {', '.join(SUFFIXES)}.")
    if not os.path.isfile(path):  # as Path.is_file, but a share that is gone raises nothing
        raise UserError(f"{path} does not exist.") from FileNotFoundError(path)
    empty = True
    try:
        for frame in kind.read(path, start):
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
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # a damaged file can make a decoder raise almost anything
        _log.debug("Reading %s failed", path, exc_info=True)
        reason = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
        raise UserError(f"{path} cannot be read: {reason}.") from None
    if empty and not start:  # what is left of some damaged TIFF files is a valid file without pages
        raise UserError(f"{path} cannot be read: it holds no image.")


def is_whole(path: Path) -> bool:
    """Tell from its own header whether a file of `WATCHED_SUFFIXES` is as long as it will be.

    What cannot be read yet, or is held by the program that writes it, is not whole.
    """
    test = _FORMATS[path.suffix.lower()].is_whole
    try:
        return test is not None and test(path)
    except Exception:  # half a header can make a parser raise almost anything
        _log.debug("%s is not whole", path, exc_info=True)
        return False


def count_frames(path: Path) -> int | None:
    """Return the number of frames of a file, or None where that takes reading the pixels."""
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None or kind.count is None:
        return None
    try:
        return kind.count(path)
    except Exception:  # reading the file in its turn says what is wrong with it
        _log.debug("Cannot count the frames of %s", path, exc_info=True)
        return None
