"""Messages written byte by byte from the published specifications, without the code under test.

RFC 8949 (CBOR), RFC 8746 (typed arrays), DECTRIS' tag 56500 and its Stream V2, and the framing of
the HDF5 filters bitshuffle and LZ4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

SERIES = {"series_id": 7, "series_unique_id": "01HBV3JPF9T4ZDPADX6EMK6XMZ"}
BASE_TAG = {"u": 0b010_00_0_00, "i": 0b010_01_0_00, "f": 0b010_10_0_00}


@dataclass(frozen=True)
class Tag:
    number: int
    value: Any


def encode(value: Any) -> bytes:
    """Encode a value as CBOR, with definite lengths and the shortest heads."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int() if value >= 0:
            return head(0, value)
        case int():
            return head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            text = value.encode()
            return head(3, len(text)) + text
        case list():
            return head(4, len(value)) + b"".join(map(encode, value))
        case dict():
            pairs = (encode(key) + encode(item) for key, item in value.items())
            return head(5, len(value)) + b"".join(pairs)
        case Tag():
            return head(6, value.number) + encode(value.value)
    raise TypeError(value)


def head(major: int, argument: int) -> bytes:
    """Encode the initial byte and the argument of an item."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for low, layout in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if argument < 1 << 8 * struct.calcsize(layout):
            return bytes([major << 5 | low]) + struct.pack(layout, argument)
    raise OverflowError(argument)


def image_array(pixels: np.ndarray, compression: str | None = None) -> Tag:
    """Return an image as a multi-dimensional array, in the byte order that its dtype has."""
    dtype = pixels.dtype
    is_little_endian = dtype.itemsize > 1 and dtype.newbyteorder("<") == dtype
    shift = dtype.itemsize.bit_length() - (2 if dtype.kind == "f" else 1)
    tag = BASE_TAG[dtype.kind] | is_little_endian << 2 | shift
    data: bytes | Tag = pixels.tobytes()
    if compression == "bslz4":
        data = Tag(56500, ["bslz4", dtype.itemsize, bslz4(data, dtype.itemsize)])
    elif compression == "lz4":
        data = Tag(56500, ["lz4", 0, lz4(data)])
    return Tag(40, [list(pixels.shape), Tag(tag, data)])


def bslz4(data: bytes, element_bytes: int, block_bytes: int = 512) -> bytes:
    """Compress as the bitshuffle filter does: whole blocks, a short one, what is left as it is."""
    unit = 8 * element_bytes
    whole = len(data) // unit * unit
    out = struct.pack(">QI", len(data), block_bytes)
    for begin in range(0, whole, block_bytes):
        block = np.frombuffer(data[begin : min(begin + block_bytes, whole)], np.uint8)
        bits = np.unpackbits(block.reshape(-1, element_bytes), axis=1, bitorder="little")
        shuffled = np.packbits(bits.T, axis=1, bitorder="little").tobytes()
        out += lz4_block(shuffled)
    return out + data[whole:]


def lz4(data: bytes, block_bytes: int = 1000) -> bytes:
    """Compress as the LZ4 filter does; a block that does not get smaller is stored as it is."""
    out = struct.pack(">QI", len(data), block_bytes)
    for begin in range(0, len(data), block_bytes):
        block = data[begin : begin + block_bytes]
        packed = lz4_block(block)
        out += packed if len(packed) < 4 + len(block) else struct.pack(">I", len(block)) + block
    return out


def lz4_block(block: bytes) -> bytes:
    """Return one block of the LZ4 block format after its length."""
    packed = pa.compress(block, codec="lz4_raw", asbytes=True)
    return struct.pack(">I", len(packed)) + packed


def start(**fields: Any) -> bytes:
    """Encode a start message as an electron detector sends it; None leaves a field out."""
    return message(
        "start",
        {
            "arm_date": Tag(0, "2026-03-01T12:00:00.5+01:00"),
            "beam_center_x": 256.0,
            "channels": ["threshold_1"],
            "count_time": 0.0099,
            "countrate_correction_lookup_table": Tag(70, np.arange(64, dtype="<u4").tobytes()),
            "detector_description": "Dectris ARINA Si",
            "detector_serial_number": "E-05-0100",
            "detector_translation": [0.0, 0.0, 0.0],
            "flatfield": {"threshold_1": image_array(np.ones((3, 5), "<f4"))},
            "frame_time": 0.01,
            "goniometer": {"omega": {"increment": 0.0, "start": 0.0}},
            "incident_energy": 200e3,
            "number_of_images": 3,
            "saturation_value": 65534,
            "sensor_material": "Si",
            "threshold_energy": {"threshold_1": 40e3, "threshold_2": 90e3},
        }
        | fields,
    )


def image(number: int = 0, **fields: Any) -> bytes:
    """Encode an image message, one every 2 ms by a clock of 50 MHz; None leaves a field out."""
    return message(
        "image",
        {
            "image_id": number,
            "real_time": [99_000, 50_000_000],
            "series_date": Tag(0, "2026-03-01T12:00:01.25+01:00"),
            "start_time": [100_000 * number, 50_000_000],
            "stop_time": [100_000 * number + 99_000, 50_000_000],
            "user_data": "",
            "data": {"threshold_1": image_array(np.full((3, 5), number, "<u2"))},
        }
        | fields,
    )


def end(**fields: Any) -> bytes:
    """Encode an end message."""
    return message("end", fields)


def message(kind: str, fields: dict[str, Any]) -> bytes:
    """Encode a message of a series, tagged as CBOR."""
    given = {"type": kind} | SERIES | fields
    return encode(Tag(55799, {key: value for key, value in given.items() if value is not None}))
