"""Gatan DM3 and DM4 files, through the optional RosettaSciIO."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..frame import Frame, FrameMetadata
from ..pixels import as_frame_pixels

_UNIT_NM = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "Å": 0.1, "A": 0.1}


def read_digital_micrograph(path: Path) -> Iterator[Frame]:
    """Yield the images of a DM3 or DM4 file with their calibration and voltage.

    Raises
    ------
    UserError
        If RosettaSciIO is not installed.
    """
    try:
        from rsciio.digitalmicrograph import file_reader
    except ImportError:
        raise UserError(
            f"Reading {path.name} needs one more package: pip install 'skyrmlive[formats]'."
        ) from None
    for image in file_reader(str(path)):
        data = np.asarray(image["data"])
        if data.ndim < 2:
            continue  # a spectrum beside the image
        metadata = _metadata(image)
        for pixels in data.reshape(-1, *data.shape[-2:]):
            yield Frame(as_frame_pixels(pixels, path.name), metadata)


def _metadata(image: dict[str, Any]) -> FrameMetadata:
    keys: dict[str, Any] = {}
    y, x = image["axes"][-2:]
    if y["units"] == x["units"] and y["units"] in _UNIT_NM and np.isclose(y["scale"], x["scale"]):
        keys["pixel_size_nm"] = abs(float(x["scale"])) * _UNIT_NM[x["units"]] or None
    tags = image["original_metadata"]["ImageList"]["TagGroup0"].get("ImageTags", {})
    volts = float(tags.get("Microscope Info", {}).get("Voltage") or 0)
    keys["voltage_kv"] = volts * 1e-3 or None
    return FrameMetadata.model_validate({k: v for k, v in keys.items() if v is not None})
