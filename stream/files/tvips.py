"""Streams of TVIPS cameras (``NAME_000.tvips`` and what follows), through RosettaSciIO."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..frame import Frame
from ..pixels import as_frame_pixels
from .rosettasciio import images_of, parts_from, signals_of

_LATER_PART = re.compile(r".*_(?!000)\d{3}\.tvips", re.IGNORECASE)


def is_later_part(name: str) -> bool:
    """Tell whether a file of this name goes on with the stream of another file."""
    return _LATER_PART.fullmatch(name) is not None


def read_tvips(path: Path, start: int = 0) -> Iterator[Frame]:
    """Yield the images of a stream, whose first part is named, from `start` on.

    The pixel size is not taken: the header has a whole number of nanometres, too coarse for that of
    the specimen.

    Raises
    ------
    UserError
        If RosettaSciIO is not installed.
    ValueError
        If the file is not the first part; the others belong to it.
    """
    if is_later_part(path.name):
        raise ValueError("it goes on from the part before; name the first, ..._000.tvips")
    for signal, first in parts_from(start, signals_of(path, "tvips")):
        for pixels in images_of(signal, first):
            yield Frame(as_frame_pixels(pixels, path.name))
