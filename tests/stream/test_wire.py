from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skyrmlive.stream.errors import FrameRejected
from skyrmlive.stream.frame import ALLOWED_DTYPES, Frame, FrameMetadata
from skyrmlive.stream.stage import StageReading
from skyrmlive.stream.wire import decode_message, encode_frame, encode_stage

finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3)
    ),
    max_leaves=5,
)
reserved = {"dtype", "shape", *FrameMetadata.model_fields}
extras = st.dictionaries(st.text().filter(lambda key: key not in reserved), json_values, max_size=4)
known = st.fixed_dictionaries(
    {},
    optional={
        "seq": st.integers(-(2**63), 2**63 - 1),
        "timestamp": finite,
        "pixel_size_nm": st.floats(1e-3, 1e3),
        "defocus_nm": finite,
        "tilt_x_deg": st.floats(-89, 89),
        "temperature_k": st.floats(0, 1e4),
        "source": st.text(),
        "geometry": st.sampled_from(["camera", "sample"]),
    },
)
images = st.sampled_from(ALLOWED_DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))
)


def message(header: object, pixels: bytes = bytes(6)) -> list[bytes]:
    return [json.dumps(header).encode(), pixels]


def outcome(parts: list[bytes]) -> str:
    try:
        return type(decode_message(parts)).__name__
    except FrameRejected as reason:
        return str(reason)


@given(images, known, extras)
def test_a_frame_survives_the_wire(pixels: np.ndarray, known: dict, extra: dict):
    frame = Frame(pixels, FrameMetadata.model_validate({**extra, **known}))
    back = decode_message([bytes(part) for part in encode_frame(frame)])
    assert isinstance(back, Frame)
    assert back.pixels.dtype == pixels.dtype
    assert back.pixels.tobytes() == pixels.tobytes()
    assert back.metadata == frame.metadata


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_arbitrary_bytes_are_a_message_or_a_rejection(parts: list[bytes]):
    assert "\n" not in outcome(parts)


@settings(max_examples=300)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.just("stage") | json_values,
            "dtype": st.sampled_from(ALLOWED_DTYPES) | json_values,
            "shape": st.lists(st.integers(-2, 9) | json_values, max_size=3) | json_values,
            "timestamp": json_values,
            "seq": json_values,
            "temperature_k": json_values,
        },
    ),
    st.none() | st.binary(max_size=40),
)
def test_arbitrary_headers_are_a_message_or_a_rejection(header: dict, pixels: bytes | None):
    text = json.dumps(header).encode()
    assert "\n" not in outcome([text] if pixels is None else [text, pixels])


@pytest.mark.parametrize("dtype", [">u2", "<u2", "|u1", "object", "O", "int64", "uint61", "", 7])
def test_other_dtypes_are_rejected_by_name(dtype: object):
    with pytest.raises(FrameRejected, match="dtype"):
        decode_message(message({"dtype": dtype, "shape": [1, 3]}))


@pytest.mark.parametrize(
    "shape",
    [
        None,
        6,
        "ab",
        [6],
        [1, 2, 3],
        [True, 6],
        [2.0, 3.0],
        [-2, -3],
        [0, 3],
        [16385, 1],
        [10**40, 1],
    ],
)
def test_absurd_shapes_are_rejected(shape: object):
    with pytest.raises(FrameRejected, match=r"shape|outside"):
        decode_message(message({"dtype": "uint8", "shape": shape}))


@pytest.mark.parametrize("length", [0, 5, 7])
def test_a_buffer_of_the_wrong_length_is_rejected(length: int):
    with pytest.raises(FrameRejected, match=f"need 6 bytes; {length} came"):
        decode_message(message({"dtype": "uint8", "shape": [2, 3]}, bytes(length)))


def test_a_huge_shape_with_a_short_buffer_costs_nothing():
    with pytest.raises(FrameRejected, match="need 2147483648 bytes"):
        decode_message(message({"dtype": "float64", "shape": [16384, 16384]}))


@pytest.mark.parametrize(
    "text",
    [
        b'{"dtype": "uint8", "shape": [2, 3], "defocus_nm": NaN}',
        b'{"dtype": "uint8", "shape": [2, 3], "mine": Infinity}',
        b'{"dtype": "uint8", "shape": [2, 3], "mine": 1e999}',
        b'{"dtype": "uint8", "shape": [2, 3], "dtype": "uint8"}',
        b'{"dtype": "uint8", "shape": [2, 3], "mine": "\\ud800"}',
        b'{"dtype": "uint8", "shape": [2, 3], "temperature_k": "300"}',
        b'{"dtype": "uint8", "shape": [2, 3], "temperature_k": -1}',
        b'{"dtype": "uint8", "shape": [2, 3], "seq": true}',
        b'{"dtype": "uint8", "shape": [2, 3], "seq": ' + b"9" * 5000 + b"}",
        b'{"dtype": "uint8", "shape": [2, 3], "mine": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 60000,
        b'["uint8", [2, 3]]',
        b'{"dtype": "uint8", "shape": [2, 3], "mine": "' + b"x" * 70000 + b'"}',
        '{"dtype": "uint8", "shape": [2, 3]}'.encode("utf-16"),
        b"\x80\x04\x95",  # the beginning of a pickle
        b"",
    ],
)
def test_bad_headers_are_rejected(text: bytes):
    with pytest.raises(FrameRejected):
        decode_message([text, bytes(6)])


def test_the_reason_names_the_key_at_fault():
    header = {"dtype": "uint8", "shape": [2, 3], "pixel_size_nm": -3}
    with pytest.raises(FrameRejected, match=r"'pixel_size_nm'.*greater than 0.*-3"):
        decode_message(message(header))


@pytest.mark.parametrize("n_parts", [0, 3])
def test_other_numbers_of_parts_are_rejected(n_parts: int):
    with pytest.raises(FrameRejected, match="one part"):
        decode_message([b"{}"] * n_parts)


def test_pixels_are_aligned_and_read_only():
    header = json.dumps({"dtype": "uint16", "shape": [1, 3]}).encode()
    frame = decode_message([header, memoryview(bytes(7))[1:]])
    assert isinstance(frame, Frame)
    assert frame.pixels.flags.aligned
    assert not frame.pixels.flags.writeable


def test_a_stage_reading_survives_the_wire():
    reading = StageReading(12.5, {"temperature_k": 190.0, "field_mt": -50.0})
    assert decode_message([bytes(part) for part in encode_stage(reading)]) == reading


@pytest.mark.parametrize(
    "document",
    [
        {"type": "stage", "temperature_k": 190},
        {"type": "stage", "timestamp": 1},
        {"type": "stage", "timestamp": True, "temperature_k": 190},
        {"type": "stage", "timestamp": 1, "temperature_k": "cold"},
        {"type": "stage", "timestamp": 1, "temperature_k": -4},
        {"type": "frame", "timestamp": 1, "temperature_k": 190},
    ],
)
def test_bad_stage_messages_are_rejected(document: dict):
    with pytest.raises(FrameRejected):
        decode_message([json.dumps(document).encode()])
