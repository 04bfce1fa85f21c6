"""Is a file whole? A file that is still being written must not pass for it."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import read_frames
from skyrmlive.stream.files.readers import is_whole

from .made_files import mrc, stack, write_png


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"imagej": True},
        {"ome": True},
        {"truncate": True},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"compression": "zlib"},
        {"tile": (16, 16)},
    ],
)
def test_no_part_of_a_tiff_file_passes_for_the_whole(tmp_path, options: dict):
    small = stack[:, :5, :7]
    path, part = tmp_path / "a.tif", tmp_path / "part.tif"
    tifffile.imwrite(path, small, photometric="minisblack", **options)
    check_parts(path, part, small, step=7)


def test_no_part_of_another_file_passes_for_the_whole(tmp_path):
    np.save(tmp_path / "c.npy", stack)
    np.save(tmp_path / "f.npy", np.asfortranarray(stack))
    write_png(tmp_path / "a.png", stack[0])
    (tmp_path / "a.mrc").write_bytes(mrc(stack, 25.0))
    for path in list(tmp_path.iterdir()):
        expected = stack[:1] if path.suffix == ".png" else stack
        check_parts(path, path.with_name("part" + path.suffix), expected, step=97)


def test_no_part_of_a_dm_file_passes_for_the_whole(dm_file):
    path = dm_file.path
    check_parts(path, path.with_name(f"part{path.suffix}"), dm_file.images, step=97)


def check_parts(path: Path, part: Path, expected: np.ndarray, step: int) -> None:
    """A part may count as whole when what is missing is not needed, as padding is not."""
    data = path.read_bytes()
    assert is_whole(path)
    assert not is_whole(path.with_name("none" + path.suffix))
    for n_bytes in [*range(0, len(data), step), *range(len(data) - 9, len(data))]:
        part.write_bytes(data[:n_bytes])
        if is_whole(part):
            assert np.array_equal([f.pixels for f in read_frames(part)], expected)


@given(st.sampled_from([".tif", ".npy", ".png", ".mrc", ".dm3", ".dm4"]), st.binary(max_size=1200))
def test_no_bytes_upset_the_question_whether_a_file_is_whole(suffix: str, data: bytes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(data)
        if is_whole(path):
            with contextlib.suppress(UserError):
                list(read_frames(path))
