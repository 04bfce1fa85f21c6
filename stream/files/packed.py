"""Images that lie one behind the other in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np


def read_packed(
    path: Path, offset: int, shape: tuple[int, ...], dtype: np.dtype, start: int = 0
) -> Iterator[np.ndarray]:
    """Yield the images of a contiguous stack, each read when its turn comes.

    They are read, not mapped into memory: when a network share goes away, a read raises an error,
    while touching a map ends the program.

    Parameters
    ----------
    path
        The file.
    offset
        Bytes before the first pixel.
    shape
        (..., height, width) of the stack.
    dtype
        Pixel type and byte order as in the file.
    start
        Number of the first image to read.

    Raises
    ------
    ValueError
        If the file ends within an image.
    """
    *stack, height, width = shape
    n_pixels = height * width
    with path.open("rb") as file:
        file.seek(offset + start * n_pixels * dtype.itemsize)
        for number in range(start, int(np.prod(stack, dtype=np.int64))):
            pixels = np.fromfile(file, dtype, n_pixels)
            if pixels.size < n_pixels:
                raise ValueError(f"it ends within image {number}")
            yield pixels.reshape(height, width)
