"""Headers of Odin's live view, as headers of the native protocol.

Odin's LiveViewPlugin (https://github.com/odin-detector/odin-data) publishes messages of two parts
as we take them. Its header has ``frame_num``, ``acquisition_id``, ``dtype``, ``dsize`` (bytes),
``dataset``, ``compression`` and ``shape``, whose lengths are strings.
"""

from __future__ import annotations

import re
from typing import Any

from .errors import FrameRejected

_WHOLE = re.compile(r"[0-9]{1,9}")
#: Types that Odin names in another way than numpy.
_DTYPES = {"float": "float32", "double": "float64"}


def is_odin_header(header: dict[str, Any]) -> bool:
    """Tell whether a header came from Odin's live view."""
    return "frame_num" in header and "dsize" in header


def native_header(header: dict[str, Any]) -> dict[str, Any]:
    """Return the header of the same frame in the native protocol.

    ``frame_num`` becomes ``seq``; what describes the bytes goes, everything else stays.

    Raises
    ------
    FrameRejected
        If the pixels are compressed, or the shape is not that of one image.
    """
    compression = header.get("compression")
    if compression not in (None, "", "none"):
        raise FrameRejected(
            f"The live view sends pixels compressed by {ascii(compression)[:40]}; "
            "let it come after Odin's decompression."
        )
    kept = {
        key: value
        for key, value in header.items()
        if key not in ("frame_num", "dsize", "compression")
    }
    dtype = header.get("dtype")
    if isinstance(dtype, str):
        kept["dtype"] = _DTYPES.get(dtype, dtype)
    kept.setdefault("seq", header["frame_num"])
    kept["shape"] = _lengths(header.get("shape"))
    return kept


def _lengths(shape: Any) -> Any:
    """Return the lengths as whole numbers, without leading ones; what they are not stays."""
    if not isinstance(shape, list):
        return shape
    lengths = [
        int(length) if isinstance(length, str) and _WHOLE.fullmatch(length) else length
        for length in shape
    ]
    while len(lengths) > 2 and lengths[0] == 1:
        del lengths[0]
    return lengths
