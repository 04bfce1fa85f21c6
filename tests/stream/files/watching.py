"""What a camera program writes into a folder, and what a watch of it finds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import tifffile

from skyrmlive.stream.files import FolderSource

from .made_files import mrc


def image(number: int) -> np.ndarray:
    return np.full((6, 5), number, np.uint16)


def write(path: Path, number: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, image(number))
    elif path.suffix == ".png":
        path.write_bytes(cv2.imencode(".png", image(number))[1].tobytes())
    elif path.suffix == ".mrc":
        path.write_bytes(mrc(image(number)[np.newaxis], angstrom=0.0))
    else:
        tifffile.imwrite(path, image(number))
    return path


def gatan_file(root: Path, second: int, frame: int) -> Path:
    clock = (
        f"Hour_{second // 3600:02d}",
        f"Minute_{second // 60 % 60:02d}",
        f"Second_{second % 60:02d}",
    )
    return root.joinpath(*clock, "_".join(["run", *clock, f"Frame_{frame:04d}.tif"]))


def numbers(source: FolderSource) -> list[int]:
    found = []
    while arrivals := source.receive(0, 100):
        found += [int(arrival.frame.pixels[0, 0]) for arrival in arrivals]
    return found


def taken(source: FolderSource) -> list[int]:
    return [number for _ in range(3) for number in numbers(source)]
