"""MRC files and stacks, as electron microscopes and their cameras write them.

The layout is that of MRC2014 (Cheng et al., J. Struct. Biol. 192, 146, 2015).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..frame import Frame, FrameMetadata
from ..pixels import as_frame_pixels
from .packed import read_packed

_HEADER_BYTES = 1024
#: Bytes are counts, hence unsigned, as IMOD and RosettaSciIO take them too.
_DTYPES = {0: "u1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_NM_PER_ANGSTROM = 0.1


@dataclass(frozen=True, slots=True)
class _Header:
    offset: int
    shape: tuple[int, int, int]
    dtype: np.dtype
    pixel_size_nm: float | None

    @property
    def n_bytes(self) -> int:
        n_images, height, width = self.shape
        return self.offset + n_images * height * width * self.dtype.itemsize


def read_mrc(path: Path, start: int = 0) -> Iterator[Frame]:
    """Yield the images of an MRC file, first row first, with the pixel size if it is stated.

    The format's unit is the angstrom. A cell of 0 or of exactly 1 angstrom a pixel is what programs
    write that do not know it, and is not taken for a size.
    """
    header = _read_header(path)
    metadata = FrameMetadata.model_validate(
        {} if header.pixel_size_nm is None else {"pixel_size_nm": header.pixel_size_nm}
    )
    for image in read_packed(path, header.offset, header.shape, header.dtype, start):
        yield Frame(as_frame_pixels(image, path.name), metadata)


def count_mrc(path: Path) -> int:
    """Return how many frames `read_mrc` will yield."""
    return _read_header(path).shape[0]


def mrc_is_whole(path: Path) -> bool:
    """Tell whether an MRC file has all the pixels that its header announces."""
    try:
        return path.stat().st_size >= _read_header(path).n_bytes
    except ValueError:
        return False


def _read_header(path: Path) -> _Header:
    with path.open("rb") as file:
        data = file.read(_HEADER_BYTES)
    if len(data) < _HEADER_BYTES:
        raise ValueError("it is too short for an MRC file")
    order = "<" if struct.unpack_from("<I", data)[0] < 2**16 else ">"  # as the width makes sense
    width, height, n_images, mode = struct.unpack_from(f"{order}4i", data)
    cells = struct.unpack_from(f"{order}3i", data, 28)
    lengths = struct.unpack_from(f"{order}3f", data, 40)
    (extended,) = struct.unpack_from(f"{order}i", data, 92)
    if mode not in _DTYPES:
        raise ValueError(f"it is no MRC file, or its pixels are of mode {mode}, which is not read")
    if min(width, height, n_images) < 1 or extended < 0:
        raise ValueError(f"its header announces {n_images} images of {width} x {height} pixels")
    return _Header(
        _HEADER_BYTES + extended,
        (n_images, height, width),
        np.dtype(order + _DTYPES[mode]),
        _pixel_size_nm(cells, lengths),
    )


def _pixel_size_nm(cells: tuple[int, ...], lengths: tuple[float, ...]) -> float | None:
    if min(cells[:2]) < 1 or not np.isfinite(lengths[:2]).all():
        return None
    x, y = lengths[0] / cells[0], lengths[1] / cells[1]
    if not np.isclose(x, y) or x <= 0 or np.isclose(x, 1.0, rtol=1e-6):
        return None
    return x * _NM_PER_ANGSTROM
