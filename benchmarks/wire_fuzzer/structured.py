"""Messages that are wrong in what they say: headers, buffers and stage readings, from hypothesis.

A message is a list of parts, as ZeroMQ delivers it. Most are refused; some happen to be valid.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from skyrmlive.stream.frame import ALLOWED_DTYPES, FrameMetadata

Message = list[bytes]

#: Any code point, halves of surrogate pairs too.
_texts = st.text(st.characters(exclude_categories=()), max_size=12)
_numbers = (
    st.sampled_from([0, -1, 2**31, 2**63 - 1, -(2**63), 2**63, 10**40, 5e-324, 1.7e308, 1e-310])
    | st.integers(-3, 9)
    | st.floats()
)
_values = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_texts, children, max_size=3),
    max_leaves=6,
)
_names = st.sampled_from(
    ["type", "dtype", "shape", "__class__", "model_dump", "assumed", *FrameMetadata.model_fields]
)
#: Few, since a listener remembers no more than 64 of them.
_quantities = st.sampled_from(["temperature_k", "field_mt", "voltage_kv", "heater_ma", ""])
#: Header texts that no JSON library would write.
_texts_of_headers = st.sampled_from(
    [
        b"",
        b"\x80\x04\x95",
        b"\xff\xfe{\x00}\x00",
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"dtype": "uint8", "shape": [2, 3], "shape": [2, 3]}',
        b'{"dtype": "uint8", "shape": [2, 3], "seq": 1e999}',
        b'{"dtype": "uint8", "shape": [2, 3], "seq": ' + b"9" * 5000 + b"}",
        b'{"dtype": "uint8", "shape": [2, 3], "source": "\\ud800"}',
        b'{"dtype": "uint8", "shape": [2, 3], "mine": "' + b"x" * 70_000 + b'"}',
        b'{"dtype": "uint8", "shape": [2, 3], "mine": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"type": "stage", "timestamp": -1e999, "temperature_k": 4}',
    ]
)


@st.composite
def frames(draw: st.DrawFn) -> Message:
    """Draw a frame with up to three keys of its header spoilt and perhaps a wrong buffer."""
    dtype, height, width = draw(st.sampled_from(ALLOWED_DTYPES)), draw(_sides), draw(_sides)
    header: dict[str, Any] = {"dtype": dtype, "shape": [height, width], "seq": draw(_numbers)}
    header |= draw(st.dictionaries(_names | _texts, _values, max_size=3))
    if draw(st.booleans()):
        header.pop(draw(st.sampled_from(sorted(header))))
    n_bytes = height * width * np.dtype(dtype).itemsize
    wrong = draw(st.sampled_from([0, 0, 0, 1, -1, n_bytes, -n_bytes]))
    return [json.dumps(header).encode(), bytes(n_bytes + wrong)]


@st.composite
def shapes(draw: st.DrawFn) -> Message:
    """Draw a frame that announces an absurd shape."""
    shape = draw(st.lists(_numbers | _values, max_size=4) | _values)
    header = {"dtype": draw(st.sampled_from(ALLOWED_DTYPES)), "shape": shape}
    return [json.dumps(header).encode(), draw(st.binary(max_size=64))]


@st.composite
def stage_readings(draw: st.DrawFn) -> Message:
    """Draw a stage message with absurd times and quantities."""
    document = {"type": "stage", "timestamp": draw(_numbers)}
    document |= draw(st.dictionaries(_quantities, _numbers, min_size=1, max_size=3))
    document |= draw(st.dictionaries(_names, _values, max_size=1))
    return [json.dumps(document).encode()]


_sides = st.integers(1, 9)
_other_parts = st.lists(st.binary(max_size=64) | _texts_of_headers, min_size=1, max_size=6)
_spoilt_texts = st.tuples(_texts_of_headers, st.binary(min_size=6, max_size=6)).map(list)
messages: st.SearchStrategy[Message] = st.one_of(
    frames(), shapes(), stage_readings(), _spoilt_texts, _other_parts
)


def corpus(n: int, number: int) -> list[Message]:
    """Return about `n` hostile messages, the same for the same seed `number`."""
    drawn: list[Message] = []

    @seed(number)
    @settings(
        max_examples=n,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(messages)
    def draw(message: Message) -> None:
        drawn.append(message)

    draw()
    return drawn
