"""Files of images become frames, with what they say of themselves."""

from __future__ import annotations

import json
import logging
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import FilesSource, PacedFiles, read_frames
from skyrmlive.stream.frame import ALLOWED_DTYPES, FrameMetadata

from .made_files import stack, write_png

REAL_FRAME = Path(__file__).parents[4] / "shared" / "data" / "fgt_190K_df-8mm_Tx-22.6_B500G.tif"


def test_a_stack_of_ours_has_metadata_on_every_page(tmp_path):
    path = tmp_path / "film.tif"
    with tifffile.TiffWriter(path) as writer:
        for i, image in enumerate(stack):
            description = json.dumps({"field_mt": 10.0 * i, "pixel_size_nm": 3.0, "mine": [i]})
            writer.write(image, description=description, metadata=None)
    frames = list(read_frames(path))
    assert np.array_equal([f.pixels for f in frames], stack)
    assert [f.metadata.field_mt for f in frames] == [0, 10, 20]
    assert frames[2].metadata.model_extra == {"mine": [2]}
    assert {f.metadata.source for f in frames} == {"film.tif"}
    assert FilesSource([path]).count() == 3


@pytest.mark.parametrize("options", [{}, {"imagej": True}, {"ome": True}, {"truncate": True}])
def test_stacks_of_others_are_read(tmp_path, options: dict):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack, photometric="minisblack", **options)
    assert np.array_equal([f.pixels for f in read_frames(path)], stack)
    assert FilesSource([path]).count() == 3
    assert next(read_frames(path)).metadata == FrameMetadata(source="a.tif")


def test_the_pixel_size_is_taken_where_it_is_certain(tmp_path):
    path = tmp_path / "a.tif"

    def size(**options) -> float | None:
        tifffile.imwrite(path, stack[0], **options)
        return next(read_frames(path)).metadata.pixel_size_nm

    microns = {"imagej": True, "metadata": {"unit": "um"}}
    assert size(**microns, resolution=(400, 400)) == pytest.approx(2.5)
    assert size(imagej=True, metadata={"unit": "nm"}, resolution=(0.5, 0.5)) == pytest.approx(2)
    assert size(**microns, resolution=(400, 300)) is None
    assert size(imagej=True, resolution=(400, 400)) is None
    assert size(resolution=(300, 300), resolutionunit="INCH") is None
    ome = {"PhysicalSizeX": 4.0, "PhysicalSizeY": 4.0}
    units = {"PhysicalSizeXUnit": "nm", "PhysicalSizeYUnit": "nm"}
    assert size(ome=True, metadata={"axes": "YX", **ome, **units}) == pytest.approx(4)
    assert size(ome=True, metadata={"axes": "YX", **ome}) == pytest.approx(4000)


@pytest.mark.parametrize("dtype", [*ALLOWED_DTYPES, ">u2", "bool", "int8", "int64", "float16"])
def test_arrays_of_all_types_keep_their_values(tmp_path, dtype: str):
    values = np.array([[0, 1, 1], [1, 0, 0]]).astype(dtype)
    np.save(tmp_path / "a.npy", values)
    (frame,) = read_frames(tmp_path / "a.npy")
    assert frame.pixels.dtype.name in ALLOWED_DTYPES
    assert frame.pixels.dtype.isnative
    assert np.array_equal(frame.pixels, values)


def test_png_is_read_grey_and_colours_become_grey(tmp_path, caplog):
    write_png(tmp_path / "grey.png", stack[0])
    write_png(tmp_path / "colour.png", np.dstack([stack[0]] * 3))
    with caplog.at_level(logging.WARNING):
        grey, colour = FilesSource([tmp_path / "grey.png", tmp_path / "colour.png"])
    assert np.array_equal(grey.pixels, stack[0])
    assert np.array_equal(colour.pixels, stack[0])
    assert "colour.png is a colour image" in caplog.text
    tifffile.imwrite(tmp_path / "rgb.tif", np.dstack([stack[0]] * 3), photometric="rgb")
    assert np.array_equal(next(read_frames(tmp_path / "rgb.tif")).pixels, stack[0])


def test_folders_are_read_in_order_and_the_user_has_the_last_word(tmp_path):
    np.save(tmp_path / "b.npy", stack)
    write_png(tmp_path / "a.png", stack[0])
    (tmp_path / "notes.txt").write_text("not an image")
    source = FilesSource([tmp_path], FrameMetadata(pixel_size_nm=2.0, source="mine"))
    frames = list(source)
    assert source.count() == len(frames) == 4
    assert np.array_equal(frames[0].pixels, stack[0])
    assert frames[3].metadata == FrameMetadata(pixel_size_nm=2.0, source="mine")


def test_damaged_files_are_said_in_one_sentence(tmp_path):
    write_png(tmp_path / "a.png", stack[0])
    np.save(tmp_path / "a.npy", stack)
    tifffile.imwrite(tmp_path / "a.tif", stack, compression="zlib")
    np.save(tmp_path / "pickle.npy", np.array([{}]), allow_pickle=True)
    np.save(tmp_path / "complex.npy", stack[0] * 1j)
    np.save(tmp_path / "line.npy", stack[0, 0])
    tifffile.imwrite(tmp_path / "keys.tif", stack[0], description='{"seq": "x"}', metadata=None)
    for path in list(tmp_path.iterdir()):
        data = path.read_bytes()
        for name, damaged in {
            "half": data[: len(data) // 2],
            "empty": b"",
            "junk": b"x" * 500,
        }.items():
            (tmp_path / f"{name}{path.name}").write_bytes(damaged)
    (tmp_path / "a.bmp").write_bytes(b"BM")
    for name in ("a.png", "a.npy", "a.tif"):
        (tmp_path / name).unlink()
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == 4 + 1 + 3 * 7
    for path in [*paths, tmp_path / "missing.png"]:
        with pytest.raises(UserError, match=path.name) as caught:
            list(read_frames(path))
        assert "\n" not in str(caught.value)


def test_what_is_not_there_is_said_at_once(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        FilesSource([tmp_path / "a.tif"])
    with pytest.raises(UserError, match="holds no image"):
        FilesSource([tmp_path])


def huge(path: Path, n_images: int = 10_000) -> Path:
    """Write a stack of 20 GB, of which the disk holds next to nothing."""
    shape = (n_images, 1024, 1024)
    if path.suffix == ".tif":
        tifffile.imwrite(path, shape=shape, dtype="uint16", bigtiff=True, truncate=True)
    elif path.suffix == ".npy":
        with path.open("wb") as file:
            layout = {"descr": "<u2", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, layout)
    else:
        path.write_bytes(struct.pack("<4i", 1024, 1024, n_images, 6).ljust(1024, b"\0"))
    os.truncate(path, max(path.stat().st_size, 4096 + 2 * n_images * 2**20))
    return path


@pytest.mark.parametrize("suffix", [".tif", ".npy", ".mrc"])
def test_stacks_larger_than_the_memory_are_read_frame_by_frame(tmp_path, suffix: str):
    path = huge(tmp_path / f"film{suffix}")
    assert path.stat().st_size > 20e9
    assert FilesSource([path]).count() == 10_000
    with PacedFiles([path]) as source:
        assert [a.frame.shape for a in source.receive(0, 3)] == [(1024, 1024)] * 3
        assert not source.exhausted


@pytest.mark.skipif(not REAL_FRAME.exists(), reason="the real frames are not here")
def test_a_real_frame_is_read():
    (frame,) = read_frames(REAL_FRAME)
    assert frame.shape == (1827, 2013)
    assert frame.pixels.dtype == np.uint8
    assert frame.metadata.pixel_size_nm is None
