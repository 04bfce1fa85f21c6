"""Files are played at the pace of their timestamps, or at a given one."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import PacedFiles
from skyrmlive.stream.frame import FrameMetadata


def play(source: PacedFiles) -> list[int]:
    """Return the first pixels of the frames whose time has come."""
    found = []
    while arrivals := source.receive(0, 2):
        found += [int(arrival.frame.pixels[0, 0]) for arrival in arrivals]
    return found


def test_files_are_played_at_their_pace(tmp_path):
    path = tmp_path / "film.tif"
    with tifffile.TiffWriter(path) as writer:
        for number, timestamp in enumerate([1e9, 1e9, 5, 5 + 1e6]):  # a new run begins in between
            pixels = np.full((4, 4), number, np.uint8)
            description = json.dumps({"timestamp": timestamp})
            writer.write(pixels, description=description, metadata=None)
    source = PacedFiles([path], speed=10)
    assert play(source) == [0, 1, 2]
    assert not source.exhausted
    source = PacedFiles([path])
    assert play(source) == [0, 1, 2, 3]
    assert source.exhausted
    assert source.counters == {"received": 4, "rejected": 0}
    assert play(PacedFiles([path], speed=1e12)) == [0, 1, 2, 3]


def test_files_without_timestamps_need_a_rate_or_no_pace(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3, dtype=np.uint8).reshape(3, 1, 1))
    (tmp_path / "b.npy").write_bytes(b"damaged")
    with pytest.raises(UserError, match="give the frames per second"):
        PacedFiles([tmp_path], speed=1)
    assert play(PacedFiles([tmp_path], speed=1, rate=1e-6)) == [0]
    assert play(PacedFiles([tmp_path], speed=1e12, rate=1e-3)) == [0, 1, 2]
    source = PacedFiles([tmp_path], overrides=FrameMetadata(pixel_size_nm=2))
    assert source.receive(0, 1)[0].frame.metadata.pixel_size_nm == 2
    assert play(source) == [1, 2]
    assert source.exhausted
    assert source.counters == {"received": 3, "rejected": 1}
    for options in ({"speed": 0}, {"speed": np.nan}, {"rate": -1}):
        with pytest.raises(UserError, match="greater than 0"):
            PacedFiles([tmp_path], **options)
