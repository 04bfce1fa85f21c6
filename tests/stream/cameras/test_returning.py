"""A camera goes and comes back: its frames go on in the same recording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import zmq

from skyrmlive.stream.frame import Frame
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.recording import check
from skyrmlive.stream.wire import encode_frame

from .recorded import record, recorded_numbers, send


@contextmanager
def bound_camera(kind: int, address: str) -> Iterator[zmq.Socket]:
    """A camera that waits for us, gone for good at the end of the block."""
    with zmq.Context() as context, context.socket(kind) as camera:
        camera.bind(address)
        yield camera


def test_a_camera_that_returns_goes_on_in_the_same_recording(listener, recorder, make_frame):
    for _ in range(2):
        send(listener.address, [make_frame(seq=seq) for seq in range(4)])
        record(listener, recorder, 4)
    recorder.close()
    assert recorded_numbers(recorder.path) == [0, 1, 2, 3] * 2


@pytest.mark.parametrize(("pattern", "kind"), [("pull", zmq.PUSH), ("sub", zmq.XPUB)])
def test_we_go_back_to_a_camera_that_returns(pattern, kind, address, recorder, make_frame, context):
    with FrameListener(address, mode="connect", pattern=pattern, context=context) as listener:
        for _ in range(2):
            with bound_camera(kind, address) as camera:
                while kind == zmq.XPUB and not camera.poll(50):  # until we have subscribed again
                    assert listener.receive(0) == []
                for seq in range(4):
                    camera.send_multipart(encode_frame(make_frame(seq=seq)))
                record(listener, recorder, 4)
    recorder.close()
    assert recorded_numbers(recorder.path) == [0, 1, 2, 3] * 2


def test_a_camera_may_return_with_other_sizes_and_pixel_types(listener, recorder, make_frame):
    large, small = make_frame(3, seq=0), make_frame(1, size=(32, 48), seq=1)
    other = Frame(large.pixels.astype(np.float32) / 7, large.metadata)
    frames = [large, small, other, large, small]
    for frame in frames:
        send(listener.address, [frame])
        record(listener, recorder, 1)
    for i, frame in enumerate(frames):
        assert recorder.frame(i).pixels.dtype == frame.pixels.dtype
        assert np.array_equal(recorder.frame(i).pixels, frame.pixels)
    recorder.close()
    assert [path.name for path in recorder.paths] == ["run", "run-2", "run-3"]
    assert [check(path) for path in recorder.paths] == [[], [], []]
