from __future__ import annotations

import contextlib
import json
import logging
import os
import struct
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import FilesSource, PacedFiles, read_frames, rosettasciio
from skyrmlive.stream.files.readers import is_whole
from skyrmlive.stream.frame import ALLOWED_DTYPES, FrameMetadata

REAL_FRAME = Path(__file__).parents[3] / "shared" / "data" / "fgt_190K_df-8mm_Tx-22.6_B500G.tif"
stack = np.random.default_rng(0).integers(0, 60000, (3, 20, 31)).astype(np.uint16)


def write_png(path: Path, image: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


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


def mrc(images: np.ndarray, angstrom: float, order: str = "<", extended: bytes = b"") -> bytes:
    """Build an MRC file of the layout of 2014."""
    n_images, height, width = images.shape
    mode = {"uint8": 0, "int16": 1, "float32": 2, "uint16": 6}[images.dtype.name]
    size = width, height, n_images
    parts = struct.pack(order + "4i12x3i", *size, mode, *size)
    parts += struct.pack(order + "3f", *(angstrom * n for n in size))
    parts = parts.ljust(92, b"\0") + struct.pack(order + "i", len(extended))
    stamp = b"MAP " + (b"\x44\x44\0\0" if order == "<" else b"\x11\x11\0\0")
    header = (parts.ljust(208, b"\0") + stamp).ljust(1024, b"\0")
    return header + extended + images.astype(order + images.dtype.str[1:]).tobytes()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_mrc_stacks_are_read(tmp_path, dtype: str, order: str):
    images = stack.astype(dtype)
    (tmp_path / "a.mrcs").write_bytes(mrc(images, 25.0, order, extended=bytes(13)))
    frames = list(FilesSource([tmp_path / "a.mrcs"]))
    assert np.array_equal([f.pixels for f in frames], images)
    assert {f.pixels.dtype.name for f in frames} == {dtype}
    assert frames[0].metadata.pixel_size_nm == pytest.approx(2.5)
    assert FilesSource([tmp_path / "a.mrcs"]).count() == 3


@pytest.mark.parametrize("angstrom", [0.0, 1.0, -3.0, np.nan, np.inf])
def test_mrc_files_that_do_not_know_their_pixel_size_have_none(tmp_path, angstrom: float):
    (tmp_path / "a.mrc").write_bytes(mrc(stack, angstrom))
    assert next(read_frames(tmp_path / "a.mrc")).metadata.pixel_size_nm is None


def test_mrc_is_read_as_rosettasciio_reads_it(tmp_path):
    reader = pytest.importorskip("rsciio.mrc")
    (tmp_path / "a.mrc").write_bytes(mrc(stack, 25.0))
    (signal,) = reader.file_reader(str(tmp_path / "a.mrc"))
    frames = list(read_frames(tmp_path / "a.mrc"))
    assert np.array_equal([f.pixels for f in frames], signal["data"])
    assert signal["axes"][-1]["scale"] == pytest.approx(frames[0].metadata.pixel_size_nm)


@pytest.mark.parametrize("lazily", [False, True])
def test_tvips_streams_are_read_over_their_parts(tmp_path, lazily: bool, monkeypatch):
    writer = pytest.importorskip("rsciio.tvips")
    monkeypatch.setattr(rosettasciio, "_AT_ONCE_BYTES", 0 if lazily else 2**30)
    images = np.arange(6 * 20 * 31, dtype=np.uint16).reshape(6, 20, 31)
    scales = [("t", 0.1, "s"), ("y", 2.5, "nm"), ("x", 2.5, "nm")]
    axes = [
        {"name": name, "size": size, "scale": scale, "offset": 0.0, "units": unit}
        | {"navigate": name == "t"}
        for size, (name, scale, unit) in zip(images.shape, scales, strict=True)
    ]
    signal = {"data": images, "axes": axes, "metadata": {}, "attributes": {"_lazy": False}}
    file = str(tmp_path / "film_000.tvips")
    writer.file_writer(file, signal, max_file_size=6000, mode=1)
    assert len(list(tmp_path.iterdir())) > 1
    frames = list(FilesSource([tmp_path]))
    assert np.array_equal([f.pixels for f in frames], images)
    assert frames[0].metadata.pixel_size_nm is None
    with pytest.raises(UserError, match=r"_000\.tvips"):
        list(read_frames(tmp_path / "film_001.tvips"))


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


@pytest.mark.skipif(not REAL_FRAME.exists(), reason="the real frames are not here")
def test_a_real_frame_is_read():
    (frame,) = read_frames(REAL_FRAME)
    assert frame.shape == (1827, 2013)
    assert frame.pixels.dtype == np.uint8
    assert frame.metadata.pixel_size_nm is None


def digital_micrograph(
    images: np.ndarray, scale: float, unit: str, volts: float, version: int = 3
) -> bytes:
    """Build a small DM3 or DM4 file: big-endian framing, little-endian data."""
    long = ">I" if version == 3 else ">Q"

    def longs(*values: int) -> bytes:
        return b"".join(struct.pack(long, value) for value in values)

    def group(entries: list[bytes]) -> bytes:
        return struct.pack(">BB", 0, 0) + longs(len(entries)) + b"".join(entries)

    def entry(name: str, kind: int, body: bytes) -> bytes:
        length = b"" if version == 3 else longs(len(body))
        return struct.pack(">BH", kind, len(name)) + name.encode() + length + body

    def folder(name: str, entries: list[bytes]) -> bytes:
        return entry(name, 20, group(entries))

    def number(name: str, code: int, kind: str, value: float) -> bytes:
        return entry(name, 21, b"%%%%" + longs(1, code) + struct.pack(kind, value))

    def text(name: str, value: str) -> bytes:
        return entry(name, 21, b"%%%%" + longs(3, 20, 4, len(value)) + value.encode("utf-16-le"))

    def array(name: str, values: np.ndarray) -> bytes:
        data = values.astype("<u2").tobytes()
        return entry(name, 21, b"%%%%" + longs(3, 20, 4, values.size) + data)

    def axis(scale: float, unit: str) -> bytes:
        parts = [number("Origin", 6, "<f", 0.0), number("Scale", 6, "<f", scale)]
        return folder("", [*parts, text("Units", unit)])

    axes = [axis(scale, unit), axis(scale, unit), axis(1.0, "s")][: images.ndim]
    calibrations = folder(
        "Calibrations",
        [
            folder("Brightness", [number("Scale", 6, "<f", 1), number("Origin", 6, "<f", 0)]),
            folder("Dimension", axes),
        ],
    )
    sizes = [number("", 5, "<I", size) for size in reversed(images.shape)]
    data = folder(
        "ImageData",
        [
            calibrations,
            array("Data", images.ravel()),
            number("DataType", 5, "<I", 10),
            folder("Dimensions", sizes),
            number("PixelDepth", 5, "<I", 2),
        ],
    )
    tags = folder("ImageTags", [folder("Microscope Info", [number("Voltage", 6, "<f", volts)])])
    image_list = folder("ImageList", [folder("", [data, tags, text("Name", "thumb")])] * 2)
    source = folder("ImageSourceList", [folder("", [number("ImageRef", 5, "<I", 1)])])
    thumbnails = folder("Thumbnails", [folder("", [number("ImageIndex", 5, "<I", 0)])])
    body = group([image_list, source, thumbnails])
    return (
        struct.pack(">I", version) + longs(len(body) + 4) + struct.pack(">I", 1) + body + bytes(8)
    )


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("lazily", [False, True])
@pytest.mark.parametrize("images", [stack[0], stack])
def test_dm_files_bring_their_calibration(
    tmp_path, version: int, lazily: bool, images: np.ndarray, monkeypatch
):
    pytest.importorskip("rsciio")
    monkeypatch.setattr(rosettasciio, "_AT_ONCE_BYTES", 0 if lazily else 2**30)
    path = tmp_path / f"a.dm{version}"
    path.write_bytes(digital_micrograph(images, 2.5, "nm", 200000.0, version))
    frames = list(read_frames(path))
    assert np.array_equal([f.pixels for f in frames], images.reshape(-1, *images.shape[-2:]))
    for frame in frames:
        assert frame.metadata.pixel_size_nm == pytest.approx(2.5)
        assert frame.metadata.voltage_kv == pytest.approx(200)
    check_parts(path, tmp_path / f"part.dm{version}", np.array([f.pixels for f in frames]), step=97)


@pytest.mark.parametrize("name", ["a.dm4", "a_000.tvips"])
def test_without_the_extra_files_say_what_to_install(tmp_path, name: str, monkeypatch):
    monkeypatch.setitem(sys.modules, "rsciio", None)  # as Python itself marks what is not there
    for module in ("rsciio.digitalmicrograph", "rsciio.tvips"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UserError, match=r"skyrmlive\[formats\]"):
        list(read_frames(tmp_path / name))
