"""CBOR (RFC 8949), as far as Stream V2 needs it, from senders that need not be trusted.

A walk over the heads of the items finds the fields of a map. It shows that every length fits into
the message, and nothing is decoded by it: whatever a field holds that nobody asks for is stepped
over. The values that are asked for are decoded by cbor2, and only if their tags are expected there.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import cbor2

from ..errors import FrameRejected

MAX_VALUE_BYTES = 64 * 1024
_MAX_FIELDS = 64
_MAX_ITEMS = 10_000
_MAX_NESTING = 16
_MAX_KEY_BYTES = 128
# Major types.
_BYTES, _TEXT, _ARRAY, _MAP, _TAG = range(2, 7)
_SELF_DESCRIBED = 55799
#: Bytes of the argument that follows the initial byte, by the low five bits of that.
_ARGUMENT_BYTES = {24: 1, 25: 2, 26: 4, 27: 8}


def split_map(data: memoryview) -> dict[str, memoryview]:
    """Return the encoded values of a map by their keys.

    Parameters
    ----------
    data
        Exactly one map with text for keys, of unsigned bytes; it may be tagged as CBOR.

    Raises
    ------
    FrameRejected
        If it is anything else, has a key twice, is cut, or too large to be reasonable.
    """
    major, n_fields, at = _head(data, 0)
    if major == _TAG and n_fields == _SELF_DESCRIBED:
        major, n_fields, at = _head(data, at)
    if major != _MAP:
        raise FrameRejected("A CBOR map was expected and something else came.")
    if n_fields > _MAX_FIELDS:
        raise FrameRejected(f"A CBOR map has {n_fields} fields; {_MAX_FIELDS} are allowed.")
    fields: dict[str, memoryview] = {}
    n_items = 0
    for _ in range(n_fields):
        key, at = _key(data, at)
        if key in fields:
            raise FrameRejected(f"The CBOR map has the key {key!a} twice.")
        end, n_items = _walk(data, at, n_items)
        fields[key] = data[at:end]
        at = end
    if at != len(data):
        raise FrameRejected(f"{len(data) - at} bytes follow the end of the CBOR map.")
    return fields


def decode(item: memoryview, tags: Container[int] = (), *, max_bytes: int = MAX_VALUE_BYTES) -> Any:
    """Decode one encoded value.

    Parameters
    ----------
    item
        The value, as `split_map` found it.
    tags
        The tags that may occur in it.
    max_bytes
        The longest encoding to take.

    Returns
    -------
    Any
        As cbor2 decodes it: sequences are lists or tuples, depending on its version.

    Raises
    ------
    FrameRejected
        If it is not valid, has other tags, or is too long.
    """
    if len(item) > max_bytes:
        raise FrameRejected(f"A CBOR value has {len(item)} bytes; {max_bytes} are allowed.")
    end, _ = _walk(item, 0, tags=tags)
    if end != len(item):
        raise FrameRejected("Bytes follow the end of a CBOR value.")
    try:
        return cbor2.loads(bytes(item))
    # Besides its own errors, the versions of cbor2 let through those of what they call.
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError) as error:
        raise FrameRejected(f"A CBOR value is not valid: {_first_line(error)}.") from None


def _head(data: memoryview, at: int) -> tuple[int, int, int]:
    """Return the major type and the argument of the item at `at`, and where its content begins."""
    if at >= len(data):
        raise FrameRejected("The CBOR message is cut.")
    major, low = data[at] >> 5, data[at] & 31
    if low < 24:
        return major, low, at + 1
    if low not in _ARGUMENT_BYTES:
        raise FrameRejected("CBOR items of indefinite length are not taken.")
    end = at + 1 + _ARGUMENT_BYTES[low]
    if end > len(data):
        raise FrameRejected("The CBOR message is cut.")
    return major, int.from_bytes(data[at + 1 : end], "big"), end


def _key(data: memoryview, at: int) -> tuple[str, int]:
    major, size, at = _head(data, at)
    if major != _TEXT or size > _MAX_KEY_BYTES:
        raise FrameRejected("A key of the CBOR map is not a short text.")
    if at + size > len(data):
        raise FrameRejected("The CBOR message is cut.")
    try:
        return bytes(data[at : at + size]).decode("utf-8"), at + size
    except UnicodeDecodeError:
        raise FrameRejected("A key of the CBOR map is not UTF-8 text.") from None


def _walk(
    data: memoryview, at: int, n_items: int = 0, tags: Container[int] | None = None
) -> tuple[int, int]:
    """Return where the item at `at` ends, and `n_items` plus the number of those in it.

    With `tags`, insist that it has no others.
    """
    to_come = [1]  # items, at each level of nesting
    while to_come:
        if to_come[-1] == 0:
            to_come.pop()
            continue
        to_come[-1] -= 1
        n_items += 1
        major, argument, at = _head(data, at)
        if major in (_BYTES, _TEXT):
            at += argument
        elif major in (_ARRAY, _MAP, _TAG):
            if major == _TAG and tags is not None and argument not in tags:
                raise FrameRejected(f"CBOR tag {argument} is not expected here.")
            to_come.append({_ARRAY: argument, _MAP: 2 * argument, _TAG: 1}[major])
        # An item has one byte at least.
        if at + to_come[-1] > len(data):
            raise FrameRejected("The CBOR message is cut.")
        if len(to_come) > _MAX_NESTING or n_items > _MAX_ITEMS:
            raise FrameRejected("The CBOR message is nested too deeply or has too many items.")
    return at, n_items


def _first_line(error: Exception) -> str:
    text = ascii(str(error).split("\n")[0].rstrip("."))[1:-1]
    return text if len(text) <= 100 else text[:97] + "..."
