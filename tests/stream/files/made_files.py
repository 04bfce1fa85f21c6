"""Image files as other programs write them, made from their specifications."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np

stack = np.random.default_rng(0).integers(0, 60000, (3, 20, 31)).astype(np.uint16)


def write_png(path: Path, image: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


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
