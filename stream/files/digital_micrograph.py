"""Gatan DM3 and DM4 files, through the optional RosettaSciIO."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..frame import Frame, FrameMetadata
from ..pixels import as_frame_pixels
from .rosettasciio import images_of, parts_from, pixel_size_nm, signals_of

#: By version, the length of the tags in the header and the bytes before what it counts.
_LENGTHS = {3: (">4xI", 8), 4: (">4xQ", 12)}


def read_digital_micrograph(path: Path, start: int = 0) -> Iterator[Frame]:
    """Yield the images of a DM3 or DM4 file, from `start` on, with calibration and voltage.

    Raises
    ------
    UserError
        If RosettaSciIO is not installed.
    """
    for signal, first in parts_from(start, signals_of(path, "digitalmicrograph")):
        metadata = None
        for pixels in images_of(signal, first):
            metadata = metadata or _metadata(signal)
            yield Frame(as_frame_pixels(pixels, path.name), metadata)


def digital_micrograph_is_whole(path: Path) -> bool:
    """Tell whether a DM3 or DM4 file is as long as its header says."""
    with path.open("rb") as file:
        head = file.read(12)
    if len(head) < 12:
        return False
    (version,) = struct.unpack_from(">I", head)
    if version not in _LENGTHS:
        return False
    layout, before = _LENGTHS[version]
    (length,) = struct.unpack_from(layout, head)
    return 0 < length <= path.stat().st_size - before


def _metadata(signal: dict[str, Any]) -> FrameMetadata:
    tags = signal["original_metadata"]["ImageList"]["TagGroup0"].get("ImageTags", {})
    volts = float(tags.get("Microscope Info", {}).get("Voltage") or 0)
    keys = {"pixel_size_nm": pixel_size_nm(signal), "voltage_kv": volts * 1e-3 or None}
    return FrameMetadata.model_validate({k: v for k, v in keys.items() if v is not None})
