"""PNG and NPY files."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ..frame import Frame
from ..pixels import as_frame_pixels
from .packed import read_packed

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read_png(path: Path, start: int = 0) -> Iterator[Frame]:
    """Yield the image of a PNG file; colours become grey."""
    if start:
        return
    # Through numpy, since OpenCV's own file reader fails on non-ASCII paths on Windows.
    data = np.fromfile(path, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise ValueError("it is damaged or not a PNG image")
    if image.ndim == 3:
        image = image[..., 2::-1]  # OpenCV gives blue first
    yield Frame(as_frame_pixels(image, path.name))


def count_png(path: Path) -> int:
    """Return how many frames `read_png` will yield."""
    return 1


def png_is_whole(path: Path) -> bool:
    """Tell whether the chunks of a PNG file reach to its end chunk."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(_PNG_SIGNATURE)) != _PNG_SIGNATURE:
            return False
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            end = file.tell() + length + 4  # its checksum
            if end > size or kind == b"IEND":
                return end <= size
            file.seek(end)
    return False


def read_npy(path: Path, start: int = 0) -> Iterator[Frame]:
    """Yield the image (y, x), or the images of the stack (t, y, x) from `start`, of an NPY file."""
    stack, offset = _map_npy(path)
    if stack.flags.c_contiguous:
        images = read_packed(path, offset, stack.shape, stack.dtype, start)
    else:
        images = map(np.array, stack[start:])
    for image in images:
        yield Frame(as_frame_pixels(image, path.name))


def count_npy(path: Path) -> int:
    """Return how many frames `read_npy` will yield."""
    stack, _ = _map_npy(path)
    return len(stack)


def npy_is_whole(path: Path) -> bool:
    """Tell whether an NPY file has all the pixels that its header announces."""
    try:
        _map_npy(path)
    except (ValueError, EOFError):  # numpy maps no more than there is
        return False
    return True


def _map_npy(path: Path) -> tuple[np.ndarray, int]:
    """Return the stack, of which nothing is read yet, and the bytes before its first pixel."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.memmap) or array.ndim not in (2, 3):
        raise ValueError("it holds no image (y, x) and no stack (t, y, x)")
    return array.reshape(-1, *array.shape[-2:]), array.offset
