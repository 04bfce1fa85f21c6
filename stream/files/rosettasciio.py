"""What the optional RosettaSciIO reads, image by image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError

#: Larger files are read image by image, smaller ones at once, which is faster.
_AT_ONCE_BYTES = 256 * 2**20
_UNIT_NM = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "Å": 0.1, "A": 0.1}


def signals_of(path: Path, plugin: str) -> list[dict[str, Any]]:
    """Return the signals of a file as RosettaSciIO describes them, large ones lazily.

    Parameters
    ----------
    path
        The file.
    plugin
        Name of RosettaSciIO's module for its format.

    Raises
    ------
    UserError
        If RosettaSciIO is not installed.
    """
    try:
        read: Callable[..., list[dict[str, Any]]] = import_module(f"rsciio.{plugin}").file_reader
    except ImportError:
        raise UserError(
            f"Reading {path.name} needs one more package: pip install 'skyrmlive[formats]'."
        ) from None
    return read(str(path), lazy=path.stat().st_size > _AT_ONCE_BYTES)


def parts_from(start: int, signals: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the signals that hold images from number `start` of the file on, and the first of each.

    Images are numbered through all signals; a spectrum beside them has none.
    """
    for signal in signals:
        n_images = _n_images(signal)
        if start < n_images:
            yield signal, start
        start = max(0, start - n_images)


def images_of(signal: Mapping[str, Any], start: int = 0) -> Iterator[np.ndarray]:
    """Yield the images (y, x) of a signal; those of a lazy one are read in their turn."""
    data = signal["data"]
    for number in range(start, _n_images(signal)):
        position = np.unravel_index(number, data.shape[:-2]) if data.ndim > 2 else ()
        yield np.asarray(data[position])


def _n_images(signal: Mapping[str, Any]) -> int:
    shape = signal["data"].shape
    return int(np.prod(shape[:-2])) if len(shape) >= 2 else 0


def pixel_size_nm(signal: Mapping[str, Any]) -> float | None:
    """Return the pixel size where it is square and has a unit of length."""
    y, x = signal["axes"][-2:]
    if y["units"] != x["units"] or y["units"] not in _UNIT_NM:
        return None
    if not np.isclose(y["scale"], x["scale"]):
        return None
    return abs(float(x["scale"])) * _UNIT_NM[x["units"]] or None
