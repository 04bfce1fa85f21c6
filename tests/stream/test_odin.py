"""The live view of Odin, with its headers as its LiveViewPlugin writes them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zmq

from skyrmlive.stream.errors import FrameRejected
from skyrmlive.stream.frame import Frame
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.wire import decode_message

PIXELS = np.arange(12, dtype=np.uint16).reshape(3, 4)


def message(pixels: np.ndarray = PIXELS, **changes: object) -> list[bytes]:
    header = {
        "frame_num": 17,
        "acquisition_id": "run 5",
        "dtype": pixels.dtype.name,
        "dsize": pixels.nbytes,
        "dataset": "data",
        "compression": "none",
        "shape": [str(length) for length in pixels.shape],
    }
    return [json.dumps(header | changes).encode(), pixels.tobytes()]


def test_a_published_live_view_is_taken(context):
    publisher = context.socket(zmq.PUB)
    port = publisher.bind_to_random_port("tcp://127.0.0.1")
    address = f"tcp://127.0.0.1:{port}"
    with FrameListener(address, mode="connect", pattern="sub", context=context) as listener:
        arrivals: list = []
        while not arrivals:
            publisher.send_multipart(message())
            arrivals = listener.receive(0.1)
    frame = arrivals[0].frame
    assert np.array_equal(frame.pixels, PIXELS)
    assert frame.metadata.seq == 17
    assert frame.metadata.model_extra == {"acquisition_id": "run 5", "dataset": "data"}


@pytest.mark.parametrize(
    ("pixels", "changes"),
    [
        (PIXELS.astype(np.float32), {"dtype": "float"}),
        (PIXELS, {"shape": ["1", "3", "4"]}),
        (PIXELS, {"shape": [3, 4]}),
        (PIXELS, {"tags": ["beam on"]}),
    ],
)
def test_its_other_ways_to_say_the_same(pixels, changes):
    frame = decode_message(message(pixels, **changes))
    assert isinstance(frame, Frame)
    assert np.array_equal(frame.pixels, PIXELS)
    assert frame.metadata.seq == 17


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"compression": "BSLZ4"}, "compressed by 'BSLZ4'"),
        ({"shape": ["3", "-4"]}, "shape"),
        ({"shape": ["3", "4e9"]}, "shape"),
        ({"shape": ["2", "3", "4"]}, "shape"),
        ({"shape": "34"}, "shape"),
        ({"shape": ["3", "999999999"]}, "outside"),
        ({"shape": ["3", "9" * 5000]}, "shape"),
        ({"dtype": "uint64"}, "uint64"),
        ({"frame_num": "17"}, "seq"),
    ],
)
def test_what_is_no_frame_is_rejected(changes, reason):
    with pytest.raises(FrameRejected, match=reason):
        decode_message(message(**changes))
