"""Frames of image files by number."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import NumberedFrames, read_frames

RNG = np.random.default_rng(3)
STACK = RNG.integers(0, 60000, (7, 12, 16), np.uint16)


def mrc(path):
    header = np.zeros(256, "<i4")
    header[:4] = 16, 12, 7, 6
    header[7:10] = 16, 12, 7
    path.write_bytes(header.tobytes() + STACK.tobytes())


def pages(path):
    with tifffile.TiffWriter(path) as writer:
        for image in STACK:
            writer.write(image, compression="zlib", contiguous=False)


WRITERS = {
    "packed.tif": lambda path: tifffile.imwrite(path, STACK, imagej=True),
    "pages.tif": pages,
    "stack.npy": lambda path: np.save(path, STACK),
    "fortran.npy": lambda path: np.save(path, np.asfortranarray(STACK)),
    "stack.mrc": mrc,
}


@pytest.mark.parametrize("name", WRITERS)
def test_any_order_gives_the_frames_of_a_stack(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    frames = NumberedFrames([path])
    assert len(frames) == 7
    for index in (3, 4, 0, 6, 6, 5):
        np.testing.assert_array_equal(frames.frame(index).pixels, STACK[index])
    for start in range(7):
        rest = [frame.pixels for frame in read_frames(path, start)]
        np.testing.assert_array_equal(rest, STACK[start:])
    assert not list(read_frames(path, 7))
    with pytest.raises(IndexError):
        frames.frame(7)


def test_stacks_and_single_images_are_numbered_through(tmp_path):
    for index in range(3):
        np.save(tmp_path / f"a_{index}.npy", STACK[index])
    np.save(tmp_path / "b.npy", STACK[3:6])
    frames = NumberedFrames([tmp_path])
    assert len(frames) == 6
    for index in (5, 0, 3, 2):
        np.testing.assert_array_equal(frames.frame(index).pixels, STACK[index])


def test_a_file_that_has_gone_is_said(tmp_path):
    np.save(tmp_path / "a.npy", STACK[0])
    frames = NumberedFrames([tmp_path / "a.npy"])
    (tmp_path / "a.npy").unlink()
    with pytest.raises(UserError, match="does not exist"):
        frames.frame(0)
