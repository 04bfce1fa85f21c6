"""The walk over CBOR against arbitrary bytes, hostile items, and cbor2 as a peer."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyrmlive.stream.dectris.cbor import MAX_VALUE_BYTES, decode, split_map
from skyrmlive.stream.errors import FrameRejected

from .encoding import Tag, encode, head

texts = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats(allow_nan=False)
    | texts | st.binary(max_size=20),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(texts, children, max_size=3)
        | st.builds(Tag, st.integers(60_000, 2**64 - 1), children)
    ),
    max_leaves=6,
)  # fmt: skip
maps = st.dictionaries(texts, values, max_size=5)


def plain(value: Any) -> Any:
    """Return `value` with tags as tuples, so that both kinds compare."""
    if isinstance(value, Tag):
        return value.number, plain(value.value)
    if isinstance(value, cbor2.CBORTag):
        return value.tag, plain(value.value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: plain(item) for key, item in value.items()}
    return value


def every_tag(value: Any) -> set[int]:
    if isinstance(value, Tag):
        return {value.number} | every_tag(value.value)
    if isinstance(value, dict):
        return set().union(*map(every_tag, value.values()))
    return set().union(*map(every_tag, value)) if isinstance(value, list) else set()


@given(maps)
def test_every_field_is_found_and_decodes_to_what_was_encoded(fields: dict[str, Any]):
    found = split_map(memoryview(encode(fields)))
    assert list(found) == list(fields)
    for key, item in found.items():
        assert bytes(item) == encode(fields[key])
        assert plain(decode(item, every_tag(fields[key]))) == plain(fields[key])


@settings(max_examples=30)
@given(maps)
def test_a_message_cut_anywhere_is_rejected(fields: dict[str, Any]):
    whole = encode(fields)
    for length in range(len(whole)):
        with pytest.raises(FrameRejected):
            split_map(memoryview(whole[:length]))
    with pytest.raises(FrameRejected, match="1 bytes follow"):
        split_map(memoryview(whole + b"\x00"))


@settings(max_examples=300)
@given(st.binary(max_size=100), st.booleans())
def test_arbitrary_bytes_are_a_value_or_a_rejection(data: bytes, as_map: bool):
    with suppress(FrameRejected):
        if as_map:
            split_map(memoryview(b"\xa1\x61a" + data))
        else:
            decode(memoryview(data), (0, 40, 69, 56500))


HOSTILE = {
    "a bignum": Tag(2, b"\xff" * 1000),
    "a decimal fraction": Tag(4, [2**40, 1]),
    "a big float": Tag(5, [2**40, 1]),
    "a rational number": Tag(30, [1, 0]),
    "a regular expression": Tag(35, "(a+)+$"),
    "a MIME message": Tag(36, "Content-Type: text/plain\n\n"),
    "a UUID": Tag(37, b"short"),
    "a cycle": Tag(28, [Tag(29, 0)]),
    "references to strings": Tag(256, ["x" * 1000, Tag(25, 0), Tag(25, 0)]),
    "a set": Tag(258, [[1], {}]),
    "an IP address": Tag(260, b"\x7f\x00\x00\x01"),
    "an epoch": Tag(1, 1e300),
    "a tag in an array": [[Tag(35, "(")]],
    "a tag in a key": {Tag(35, "("): 0},
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_values_with_unexpected_tags_are_stepped_over_and_never_decoded(value: Any):
    found = split_map(memoryview(encode({"user_data": value, "image_id": 4})))
    assert decode(found["image_id"]) == 4
    with pytest.raises(FrameRejected, match="is not expected here"):
        decode(found["user_data"])


TOO_MUCH = {
    "deep nesting": encode({"a": 0})[:-1] + b"\x81" * 100 + b"\x00",
    "deep tags": encode({"a": 0})[:-1] + b"\xc6" * 100 + b"\x00",
    "many items": encode({"a": [0] * 20_000}),
    "many fields": encode({str(i): i for i in range(100)}),
    "an array longer than the message": b"\xa1\x61a" + head(4, 2**60),
    "a map longer than the message": b"\xa1\x61a" + head(5, 2**63),
    "bytes longer than the message": b"\xa1\x61a" + head(2, 2**64 - 1),
    "a key longer than the message": b"\xa1" + head(3, 100),
    "a key that is long": encode({"a" * 1000: 0}),
    "a key twice": b"\xa2" + 2 * (encode("a") + encode(1)),
    "a key that is a number": encode({1: 2}),
    "a key that is not UTF-8": b"\xa1\x61\xff\x00",
    "an indefinite array": b"\xa1\x61a\x9f\xff",
    "a reserved length": b"\xa1\x61a\x1c",
    "no map": encode([1]),
    "tagged as CBOR twice": encode(Tag(55799, Tag(55799, {}))),
    "nothing": b"",
}


@pytest.mark.parametrize("data", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_maps_that_are_not_reasonable_are_rejected(data: bytes):
    with pytest.raises(FrameRejected):
        split_map(memoryview(data))


@pytest.mark.parametrize(
    "data",
    [
        encode("x" * MAX_VALUE_BYTES),
        encode(1) + encode(2),
        b"\x61\xff",  # not UTF-8
        encode(Tag(0, "yesterday")),
        encode(Tag(0, "2026-13-41T99:00:00Z")),
        encode(Tag(0, [1])),
        encode(Tag(0, 5)),
    ],
)
def test_values_that_are_not_valid_are_rejected(data: bytes):
    with pytest.raises(FrameRejected):
        decode(memoryview(data), (0,))
