"""Pixels as Stream V2 encodes them: a multi-dimensional array over a typed array (RFC 8746)."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np
from cbor2 import CBORTag

from ..errors import FrameRejected
from ..frame import MAX_SIDE
from ..wire import pixels_from_buffer
from .cbor import decode
from .compression import decompress

_ROW_MAJOR_ARRAY = 40
_COMPRESSED = 56500
_LITTLE_ENDIAN = {
    64: "uint8",
    68: "uint8",  # clamped, which is a matter of arithmetic
    69: "uint16",
    70: "uint32",
    77: "int16",
    78: "int32",
    85: "float32",
    86: "float64",
}
_BIG_ENDIAN = {65: "uint16", 66: "uint32", 73: "int16", 74: "int32", 81: "float32", 82: "float64"}
_DTYPES = _LITTLE_ENDIAN | _BIG_ENDIAN
_TAGS = frozenset({_ROW_MAJOR_ARRAY, _COMPRESSED, *_DTYPES})


def decode_image(item: memoryview) -> np.ndarray:
    """Decode one image.

    Parameters
    ----------
    item
        Its encoding: tag 40 with the shape and a typed array, which may be compressed (tag 56500).

    Returns
    -------
    numpy.ndarray
        Read-only pixels of shape (height, width), C-contiguous, in native byte order.

    Raises
    ------
    FrameRejected
        If the encoding is another, or lengths and shape do not agree.
    """
    _, content = _untag(decode(item, _TAGS, max_bytes=len(item)), (_ROW_MAJOR_ARRAY,))
    shape, typed_array = _sequence(content, 2)
    height, width = _checked_shape(shape)
    tag, data = _untag(typed_array, _DTYPES)
    dtype = np.dtype(_DTYPES[tag])
    if isinstance(data, CBORTag):
        _, content = _untag(data, (_COMPRESSED,))
        algorithm, element_bytes, data = _sequence(content, 3)
        size = height * width * dtype.itemsize
        data = decompress(_byte_string(data), algorithm, element_bytes, size)
    pixels = pixels_from_buffer(_byte_string(data), dtype, height, width)
    if tag in _BIG_ENDIAN:
        pixels = pixels.byteswap()
        pixels.flags.writeable = False
    return pixels


def _untag(value: object, tags: Container[int]) -> tuple[int, Any]:
    if not isinstance(value, CBORTag) or value.tag not in tags:
        raise FrameRejected("An image is not a two-dimensional array of a pixel type in use.")
    return value.tag, value.value


def _sequence(value: object, length: int) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) != length:
        raise FrameRejected(f"A CBOR array of {length} items was expected in an image.")
    return list(value)


def _byte_string(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise FrameRejected("The pixels of an image are not a byte string.")
    return value


def _checked_shape(shape: object) -> tuple[int, int]:
    height, width = _sequence(shape, 2)
    for side in (height, width):
        # bool is an int in Python, so the type is compared exactly.
        if type(side) is not int or not 1 <= side <= MAX_SIDE:
            raise FrameRejected(f"A side of {ascii(side)[:40]} pixels is outside 1 to {MAX_SIDE}.")
    return height, width
