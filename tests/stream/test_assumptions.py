from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.stream.arrival import Arrival
from skyrmlive.stream.assumptions import AssumingSource, with_assumptions
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.wire import decode_message, encode_frame

ASSUMED = FrameMetadata(pixel_size_nm=2.9, tilt_axis_deg=326, tilt_x_deg=22, tilt_y_deg=0)


def test_only_gaps_are_filled():
    told = FrameMetadata(seq=4, pixel_size_nm=3, tilt_y_deg=10)
    filled = with_assumptions(told, ASSUMED)
    assert (filled.seq, filled.pixel_size_nm, filled.tilt_axis_deg) == (4, 3, 326)
    # who tells one tilt has told the tilt
    assert (filled.tilt_x_deg, filled.tilt_y_deg) == (None, 10)
    assert filled.assumed == ["tilt_axis_deg"]


@pytest.mark.parametrize("assumed", [FrameMetadata(), FrameMetadata(pixel_size_nm=3)])
def test_a_frame_that_tells_everything_stays_as_it_is(assumed):
    told = FrameMetadata(pixel_size_nm=2.9, defocus_nm=None)
    assert with_assumptions(told, assumed) is told


class _Camera:
    """Two frames, one of which knows its pixel size."""

    exhausted = False
    counters = {"received": 2}  # noqa: RUF012
    in_flight = 7

    def receive(self, timeout_s: float, max_frames: int) -> list[Arrival]:
        pixels = np.zeros((4, 5), np.uint8)
        frames = [Frame(pixels), Frame(pixels, FrameMetadata(pixel_size_nm=1.5))]
        return [Arrival(frame, 12.5, clock_s=1.0) for frame in frames[:max_frames]]


def test_the_source_fills_and_forwards():
    source = AssumingSource(_Camera(), ASSUMED)
    assert (source.exhausted, source.counters, source.in_flight) == (False, {"received": 2}, 7)
    first, second = source.receive(0.1, 2)
    assert (first.frame.metadata.pixel_size_nm, second.frame.metadata.pixel_size_nm) == (2.9, 1.5)
    assert (first.received_at, first.clock_s) == (12.5, 1.0)
    assert second.frame.metadata.assumed == ["tilt_axis_deg", "tilt_x_deg", "tilt_y_deg"]
    assert len(source.receive(0.1, 1)) == 1


def test_assumptions_travel_on_the_wire():
    frame = Frame(np.ones((3, 3), np.uint8), with_assumptions(FrameMetadata(), ASSUMED))
    received = decode_message([bytes(part) for part in encode_frame(frame)])
    assert isinstance(received, Frame)
    assert received.metadata == frame.metadata
