"""The native wire protocol: one ZeroMQ multipart message is one frame or one stage reading.

A frame is a JSON header with at least ``dtype`` and ``shape``, then the raw C-contiguous pixels in
little-endian byte order. Pixels are viewed, not copied, and every length is checked before numpy
sees the buffer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from .errors import FrameRejected
from .frame import ALLOWED_DTYPES, MAX_SIDE, Frame, FrameMetadata
from .odin import is_odin_header, native_header
from .stage import StageReading

MAX_HEADER_BYTES = 64 * 1024
_MAX_NESTING = 32
Buffer = bytes | bytearray | memoryview


def decode_message(parts: Sequence[Buffer]) -> Frame | StageReading:
    """Turn the parts of one message into a frame or a stage reading.

    Parameters
    ----------
    parts
        One part (stage reading) or two parts (frame). The frame's pixels are a read-only view of
        the second part, normally without a copy.

    Raises
    ------
    FrameRejected
        For everything that is not a valid message, with one sentence that says why.
    """
    if len(parts) == 1:
        return _decode_stage(parse_header(parts[0]))
    if len(parts) == 2:
        return _decode_frame(parse_header(parts[0]), parts[1])
    raise FrameRejected(f"A message has one part (stage) or two (frame), not {len(parts)}.")


def encode_frame(frame: Frame) -> list[Buffer]:
    """Return the two parts that carry `frame`; a C-contiguous frame is not copied."""
    pixels = np.ascontiguousarray(frame.pixels, dtype=frame.pixels.dtype.newbyteorder("<"))
    header = frame.metadata.model_dump(exclude_unset=True)
    header |= {"dtype": frame.pixels.dtype.name, "shape": list(frame.shape)}
    return [json.dumps(header, allow_nan=False).encode(), pixels.data]


def encode_stage(reading: StageReading) -> list[Buffer]:
    """Return the single part that carries `reading`."""
    document = {"type": "stage", "timestamp": reading.timestamp, **reading.quantities}
    return [json.dumps(document, allow_nan=False).encode()]


def parse_header(part: Buffer, max_bytes: int = MAX_HEADER_BYTES) -> dict[str, Any]:
    """Parse one JSON object strictly: UTF-8, no NaN, no repeated keys, bounded size and depth.

    Raises
    ------
    FrameRejected
        If it is anything else.
    """
    size = memoryview(part).nbytes
    if size > max_bytes:
        raise FrameRejected(f"The JSON header has {size} bytes; {max_bytes} are allowed.")
    try:
        text = bytes(part).decode("utf-8")
        document = json.loads(text, object_pairs_hook=_unique_keys)
        # Numbers such as 1e999 parse to infinity, and "\ud800" to a string that is not text: only
        # what can be written again as strict JSON can be recorded and published.
        json.dumps(document, allow_nan=False, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise FrameRejected("The JSON header is not UTF-8 text.") from None
    except RecursionError:
        raise FrameRejected("The JSON header is nested too deeply.") from None
    except FrameRejected:
        raise
    except ValueError as error:
        raise FrameRejected(f"The header is not valid JSON: {error}.") from None
    if not isinstance(document, dict):
        raise FrameRejected("The JSON header is not an object.")
    if _nesting(document) > _MAX_NESTING:
        raise FrameRejected("The JSON header is nested too deeply.")
    return document


def frame_layout(header: dict[str, Any]) -> tuple[np.dtype, int, int]:
    """Return the pixel type, height and width that a header announces.

    Raises
    ------
    FrameRejected
        If they are not acceptable.
    """
    return _checked_dtype(header), *_checked_shape(header)


def pixels_from_buffer(buffer: Buffer, dtype: np.dtype, height: int, width: int) -> np.ndarray:
    """View `buffer` as the pixels of a frame.

    Returns
    -------
    numpy.ndarray
        Read-only, of shape (height, width).

    Raises
    ------
    FrameRejected
        If the length of the buffer is another.
    """
    expected, given = height * width * dtype.itemsize, memoryview(buffer).nbytes
    if given != expected:
        raise FrameRejected(
            f"{height}x{width} pixels of {dtype.name} need {expected} bytes; {given} came."
        )
    pixels = np.frombuffer(buffer, dtype=dtype.newbyteorder("<")).reshape(height, width)
    if not pixels.flags.aligned:  # libzmq may hand out any address; C libraries want aligned ones
        pixels = pixels.copy()
    pixels.flags.writeable = False
    return pixels


def metadata_from_header(document: dict[str, Any]) -> FrameMetadata:
    """Validate frame metadata strictly (numbers are numbers, nothing is coerced).

    Raises
    ------
    FrameRejected
        Naming the key at fault.
    """
    try:
        return FrameMetadata.model_validate(document, strict=True)
    except ValidationError as error:
        raise FrameRejected(_one_sentence(error)) from None


def _decode_frame(header: dict[str, Any], buffer: Buffer) -> Frame:
    if is_odin_header(header):
        header = native_header(header)
    pixels = pixels_from_buffer(buffer, *frame_layout(header))
    keys = {key: value for key, value in header.items() if key not in ("dtype", "shape")}
    return Frame(pixels, metadata_from_header(keys))


def _decode_stage(document: dict[str, Any]) -> StageReading:
    if document.get("type") != "stage":
        raise FrameRejected('A message of one part must be JSON with "type": "stage".')
    reading = StageReading.from_document(document)
    metadata_from_header({"timestamp": reading.timestamp, **reading.quantities})
    return reading


def _checked_dtype(header: dict[str, Any]) -> np.dtype:
    name = header.get("dtype")
    if not isinstance(name, str):
        raise FrameRejected('The header has no "dtype" (a numpy name such as "uint16").')
    if name not in ALLOWED_DTYPES:
        raise FrameRejected(
            f"Pixels of dtype {_shown(name)} are not taken; allowed are {', '.join(ALLOWED_DTYPES)}"
            " (little-endian)."
        )
    return np.dtype(name)


def _checked_shape(header: dict[str, Any]) -> tuple[int, int]:
    shape = header.get("shape")
    # bool is an int in Python, so the type is compared exactly.
    if not isinstance(shape, list) or len(shape) != 2 or any(type(n) is not int for n in shape):
        raise FrameRejected('The header needs "shape": [height, width], two whole numbers.')
    height, width = shape
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise FrameRejected(
            f"A frame of {_shown(height)} x {_shown(width)} pixels is outside 1 to {MAX_SIDE}."
        )
    return height, width


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise FrameRejected("The JSON header has a key twice.")
    return document


def _nesting(value: object) -> int:
    """Depth of nested lists and objects, without recursion."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _one_sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "the header"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return f"Metadata {_shown(key)} is refused: {reason}, not {_shown(first['input'])}."


def _shown(value: object) -> str:
    text = ascii(value)  # never raises and never puts control characters into a log
    return text if len(text) <= 60 else text[:57] + "..."
