from __future__ import annotations

import json
import logging
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import FilesSource, read_frames, watch
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


def test_a_watched_folder_yields_files_once_and_whole(tmp_path):
    np.save(tmp_path / "a.npy", stack)
    whole = (tmp_path / "a.npy").read_bytes()
    rounds = iter(range(9))
    seen: list[str] = []

    def keep_going() -> bool:  # plays the camera program, one step before every look
        step = next(rounds, None)
        if step in (2, 3, 4):  # grows over three looks
            with (tmp_path / "b.npy").open("ab") as file:
                part = len(whole) // 3 + 1
                file.write(whole[(step - 2) * part : (step - 1) * part])
        return step is not None

    for path in watch([tmp_path], poll_s=0, keep_going=keep_going):
        assert np.array_equal([f.pixels for f in read_frames(path)], stack)
        seen.append(path.name)
    assert seen == ["a.npy", "b.npy"]


@pytest.mark.skipif(not REAL_FRAME.exists(), reason="the real frames are not here")
def test_a_real_frame_is_read():
    (frame,) = read_frames(REAL_FRAME)
    assert frame.shape == (1827, 2013)
    assert frame.pixels.dtype == np.uint8
    assert frame.metadata.pixel_size_nm is None


def dm3(image: np.ndarray, scale: float, unit: str, volts: float) -> bytes:
    """Build a small DM3 file: big-endian framing, little-endian data."""

    def group(entries: list[bytes]) -> bytes:
        return struct.pack(">BBI", 0, 0, len(entries)) + b"".join(entries)

    def entry(name: str, kind: int, body: bytes) -> bytes:
        return struct.pack(">BH", kind, len(name)) + name.encode() + body

    def folder(name: str, entries: list[bytes]) -> bytes:
        return entry(name, 20, group(entries))

    def number(name: str, code: int, kind: str, value: float) -> bytes:
        return entry(name, 21, b"%%%%" + struct.pack(">II", 1, code) + struct.pack(kind, value))

    def text(name: str, value: str) -> bytes:
        data = value.encode("utf-16-le")
        return entry(name, 21, b"%%%%" + struct.pack(">IIII", 3, 20, 4, len(value)) + data)

    def array(name: str, values: np.ndarray) -> bytes:
        header = struct.pack(">IIII", 3, 20, 4, values.size)
        return entry(name, 21, b"%%%%" + header + values.astype("<u2").tobytes())

    def axis(origin: float) -> bytes:
        parts = [number("Origin", 6, "<f", origin), number("Scale", 6, "<f", scale)]
        return folder("", [*parts, text("Units", unit)])

    height, width = image.shape
    calibrations = folder(
        "Calibrations",
        [
            folder("Brightness", [number("Scale", 6, "<f", 1), number("Origin", 6, "<f", 0)]),
            folder("Dimension", [axis(0), axis(0)]),
        ],
    )
    data = folder(
        "ImageData",
        [
            calibrations,
            array("Data", image.ravel()),
            number("DataType", 5, "<I", 10),
            folder("Dimensions", [number("", 5, "<I", width), number("", 5, "<I", height)]),
            number("PixelDepth", 5, "<I", 2),
        ],
    )
    tags = folder("ImageTags", [folder("Microscope Info", [number("Voltage", 6, "<f", volts)])])
    images = folder("ImageList", [folder("", [data, tags, text("Name", "thumb")])] * 2)
    source = folder("ImageSourceList", [folder("", [number("ImageRef", 5, "<I", 1)])])
    body = group([images, source])
    return struct.pack(">III", 3, len(body) + 4, 1) + body + bytes(8)


def test_dm3_files_bring_their_calibration(tmp_path):
    pytest.importorskip("rsciio")
    path = tmp_path / "a.dm3"
    path.write_bytes(dm3(stack[0], 2.5, "nm", 200000.0))
    frame = next(read_frames(path))
    assert np.array_equal(frame.pixels, stack[0])
    assert frame.metadata.pixel_size_nm == pytest.approx(2.5)
    assert frame.metadata.voltage_kv == pytest.approx(200)


def test_without_the_extra_dm_files_say_what_to_install(tmp_path):
    try:
        import rsciio  # noqa: F401
    except ImportError:
        (tmp_path / "a.dm4").write_bytes(b"")
        with pytest.raises(UserError, match=r"skyrmlive\[formats\]"):
            list(read_frames(tmp_path / "a.dm4"))
    else:
        pytest.skip("the extra is installed")
