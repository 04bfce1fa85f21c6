"""Messages written from the specification: good, bad and damaged ones."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skyrmlive.stream.dectris.messages import (
    EndMessage,
    ImageMessage,
    StartMessage,
    decode_message,
)
from skyrmlive.stream.errors import FrameRejected

from .encoding import SERIES, Tag, bslz4, encode, end, image, image_array, lz4, message, start

pytest.importorskip("dectris.compression", reason="dectris-compression is not installed")

DTYPES = ["u1", "<u2", ">u2", "<u4", ">u4", "<i2", ">i2", "<i4", ">i4", "<f4", ">f4", "<f8", ">f8"]
COMPRESSIONS = [None, "bslz4", "lz4"]
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2**64 - 1) | st.floats() | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.text(max_size=9), children, max_size=3)
        | st.builds(Tag, st.sampled_from([0, 2, 28, 35, 40, 69, 56500]), children)
    ),
    max_leaves=6,
)  # fmt: skip


def decoded(data: bytes) -> StartMessage | ImageMessage | EndMessage:
    return decode_message(memoryview(data))


def decoded_image(array: Any) -> np.ndarray:
    read = decoded(image(data={"threshold_1": array}))
    assert isinstance(read, ImageMessage)
    return read.data["threshold_1"]


def outcome(data: bytes) -> str:
    try:
        return type(decoded(data)).__name__
    except FrameRejected as reason:
        return str(reason)


@given(arrays, st.sampled_from(COMPRESSIONS))
def test_pixels_come_out_as_they_went_in(pixels: np.ndarray, compression: str | None):
    read = decoded_image(image_array(pixels, compression))
    native = pixels.astype(pixels.dtype.newbyteorder("="))
    assert read.dtype == native.dtype
    assert read.shape == native.shape
    assert read.tobytes() == native.tobytes()
    assert read.flags.c_contiguous
    assert read.flags.aligned
    assert not read.flags.writeable


def test_the_fields_of_a_start_are_read():
    read = decoded(start())
    assert isinstance(read, StartMessage)
    assert read.series == (7, "01HBV3JPF9T4ZDPADX6EMK6XMZ")
    assert read.detector_serial_number == "E-05-0100"
    assert read.incident_energy == 200e3
    assert read.threshold_energy == {"threshold_1": 40e3, "threshold_2": 90e3}


def test_the_fields_of_an_image_are_read():
    read = decoded(image(3))
    assert isinstance(read, ImageMessage)
    assert read.image_id == 3
    assert read.series_date == datetime(2026, 3, 1, 11, 0, 1, 250_000, tzinfo=timezone.utc)
    assert read.start_time == (300_000, 50_000_000)


def test_no_field_is_needed_but_the_type_and_the_pixels():
    assert decoded(message("start", dict.fromkeys(SERIES))).series == (None, None)
    assert decoded(message("end", dict.fromkeys(SERIES))).series == (None, None)
    data = {"threshold_1": image_array(np.eye(3, dtype="<u2"))}
    times = ["series_date", "start_time", "stop_time", "real_time"]
    bare = dict.fromkeys([*SERIES, "image_id", *times])
    assert isinstance(decoded(image(**bare, data=data)), ImageMessage)


@pytest.mark.parametrize("name", ["future_field", "user_data", "flatfield", "goniometer"])
def test_other_fields_may_hold_anything(name: str):
    for value in (Tag(28, [Tag(29, 0)]), Tag(2, b"\xff" * 1000), Tag(35, "("), {"a": [None] * 99}):
        assert outcome(start(**{name: value})) == "StartMessage"
        assert outcome(image(**{name: value})) == "ImageMessage"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("image_id", -1, "greater than or equal to 0"),
        ("image_id", True, "valid integer"),
        ("image_id", 1.0, "valid integer"),
        ("image_id", 2**64 - 1, "less than"),
        ("image_id", Tag(2, b"\x05"), "tag 2 is not expected"),
        ("image_id", "5", "valid integer"),
        ("series_id", [5], "valid integer"),
        ("series_unique_id", "x" * 300, "at most 256"),
        ("series_unique_id", "x" * 100_000, "65536 are allowed"),
        ("series_date", "2026-03-01T12:00:00Z", "datetime"),
        ("series_date", Tag(0, "soon"), "not valid"),
        ("series_date", Tag(1, 0), "tag 1 is not expected"),
        ("start_time", [1, 0], "greater than 0"),
        ("start_time", [1, 2, 3], "start_time"),
        ("start_time", 0.5, "start_time"),
        ("real_time", [1.0, 2.0], "real_time"),
    ],
)
def test_a_bad_field_is_named(field: str, value: object, reason: str):
    assert reason in outcome(image(**{field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("incident_energy", float("nan")),
        ("incident_energy", float("inf")),
        ("count_time", 0.0),
        ("count_time", "0.1"),
        ("threshold_energy", {"threshold_1": "low"}),
        ("threshold_energy", {1: 2.0}),
        ("number_of_images", 2.5),
        ("detector_description", 7),
    ],
)
def test_bad_settings_are_named(field: str, value: object):
    assert f"'{field}" in outcome(start(**{field: value}))


PIXELS = np.arange(15, dtype="<u2").reshape(3, 5)
RAW = PIXELS.tobytes()


def array(shape: object = [3, 5], tag: int = 69, data: object = RAW, outer: int = 40) -> Tag:
    return Tag(outer, [shape, Tag(tag, data)])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (array([3, 6]), "need 36 bytes; 30 came"),
        (array([3, 4]), "need 24 bytes; 30 came"),
        (array([15]), "array of 2 items"),
        (array([1, 3, 5]), "array of 2 items"),
        (array(15), "array of 2 items"),
        (array([0, 5]), "outside 1 to"),
        (array([3, 16385]), "outside 1 to"),
        (array([-3, -5]), "outside 1 to"),
        (array([3.0, 5.0]), "outside 1 to"),
        (array([True, 15]), "outside 1 to"),
        (array([16384, 16384]), "need 536870912 bytes; 30 came"),
        (array(tag=71), "tag 71 is not expected"),  # uint64
        (array(tag=72), "tag 72 is not expected"),  # int8
        (array(tag=84), "tag 84 is not expected"),  # float16
        (array(tag=40), "not a two-dimensional array"),
        (array(outer=1040), "tag 1040 is not expected"),  # column-major
        (array(outer=69), "not a two-dimensional array"),
        (array(data="text"), "not a byte string"),
        (array(data=[0] * 15), "not a byte string"),
        (array(data=Tag(69, RAW)), "not a two-dimensional array"),
        (Tag(40, [[3, 5], RAW]), "not a two-dimensional array"),
        (Tag(40, RAW), "array of 2 items"),
        (RAW, "not a two-dimensional array"),
        (array(data=Tag(56500, ["bslz4", 2])), "array of 3 items"),
        (array(data=Tag(56500, ["bslz4", 2, "text"])), "not a byte string"),
        (array(data=Tag(56500, ["bszstd", 2, RAW])), "'bszstd' is not taken"),
        (array(data=Tag(56500, [["lz4"], 2, RAW])), "is not taken"),
        (array(data=Tag(56500, ["bslz4", 0, bslz4(RAW, 2)])), "1, 2, 4 or 8"),
        (array(data=Tag(56500, ["bslz4", 3, bslz4(RAW, 2)])), "1, 2, 4 or 8"),
        (array(data=Tag(56500, ["bslz4", True, bslz4(RAW, 2)])), "1, 2, 4 or 8"),
        (array(data=Tag(56500, ["bslz4", 2, b""])), "announce 0 bytes"),
        (array(data=Tag(56500, ["bslz4", 2, bslz4(RAW[:-2], 2)])), "announce 28 bytes"),
        (array(data=Tag(56500, ["lz4", 0, b"\xff" * 8 + lz4(RAW)[8:]])), "announce 18446744073"),
        (array(data=Tag(56500, ["lz4", 0, lz4(RAW)[:-1]])), "damaged"),
        (array(data=Tag(56500, ["bslz4", 2, bslz4(RAW, 2)[:-1]])), "damaged"),
        (array(data=Tag(56500, ["bslz4", 2, bslz4(RAW, 2)[:8] + bytes(12)])), "damaged"),
    ],
)
def test_bad_pixels_are_rejected(value: object, reason: str):
    assert reason in outcome(image(data={"threshold_1": value}))


@pytest.mark.parametrize("algorithm", ["bslz4", "lz4"])
def test_a_small_message_cannot_ask_for_much_memory(algorithm: str):
    size = 16384 * 16384 * 2
    data = size.to_bytes(8, "big") + (2**30).to_bytes(4, "big") + bytes(100)
    bomb = array([16384, 16384], data=Tag(56500, [algorithm, 2, data]))
    assert f"112 compressed bytes announce {size} bytes" in outcome(image(data={"a": bomb}))


@pytest.mark.parametrize(
    "data", [None, [], {}, RAW, {1: image_array(PIXELS)}, {str(i): array() for i in range(9)}]
)
def test_images_without_channels_or_with_too_many_are_rejected(data: object):
    assert outcome(image(data=data)) != "ImageMessage"


@pytest.mark.parametrize("kind", ["image2", "", 3, None, ["image"], Tag(35, "image")])
def test_other_types_of_messages_are_rejected(kind: object):
    with pytest.raises(FrameRejected):
        decoded(encode({"type": kind, "data": {"a": image_array(PIXELS)}}))


@settings(max_examples=200)
@given(
    st.sampled_from(["start", "image", "end"]) | values,
    st.dictionaries(
        st.sampled_from([*StartMessage.model_fields, *ImageMessage.model_fields]), values
    ),
)
def test_arbitrary_fields_are_a_message_or_a_rejection(kind: object, fields: dict[str, Any]):
    assert "\n" not in outcome(encode({"type": kind} | fields))


@settings(max_examples=300)
@given(
    st.sampled_from([start(), end()] + [image(data={"a": image_array(PIXELS, compression)})
                                        for compression in COMPRESSIONS]),
    st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 255)), min_size=1, max_size=4),
)  # fmt: skip
def test_damaged_messages_are_a_message_or_a_rejection(
    whole: bytes, changes: list[tuple[int, int]]
):
    damaged = bytearray(whole)
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    assert "\n" not in outcome(bytes(damaged))
