"""The demo's camera: a process of its own that sends a simulated field sweep.

`python -m skyrmlive.cli.demo_camera ADDRESS [--rate FPS]`
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ..stream.files import read_frames
from ..stream.frame import Frame, FrameMetadata
from ..stream.sender import FrameSender

FILMS = Path(__file__).parent / "demo_films" / "field_sweep.tif"
ELECTRONS_PER_PIXEL = 1500.0
_ZOOM = 2


def camera_frames(
    films: Path = FILMS, electrons_per_pixel: float = ELECTRONS_PER_PIXEL, seed: int = 0
) -> Iterator[Frame]:
    """Yield the frames of the sweep as a counting camera delivers them, uint16 of 512 x 512.

    The series holds clean images at 6 nm a pixel, finer than anything the optics lets through; they
    are doubled to 3 nm, and each pixel counts its electrons (Poisson statistics).
    """
    rng = np.random.default_rng(seed)
    for number, clean in enumerate(read_frames(films)):
        stored = clean.metadata.model_dump(exclude_none=True)
        low, high = stored.pop("intensity_low"), stored.pop("intensity_high")
        intensity = low + (high - low) / 255 * clean.pixels.astype(np.float32)
        intensity = cv2.resize(intensity, None, fx=_ZOOM, fy=_ZOOM, interpolation=cv2.INTER_CUBIC)
        counts = rng.poisson(electrons_per_pixel * intensity).astype(np.uint16)
        known = stored | {
            "seq": number,
            "pixel_size_nm": stored["pixel_size_nm"] / _ZOOM,
            "source": "skyrmlive demo",
        }
        yield Frame(counts, FrameMetadata.model_validate(known))


def main() -> None:
    """Send the sweep to the address on the command line."""
    parser = argparse.ArgumentParser(description="Send the demo's field sweep.")
    parser.add_argument("address")
    parser.add_argument("--rate", type=float, default=4.0, help="frames per second")
    arguments = parser.parse_args()
    with FrameSender(arguments.address) as sender:
        start = time.monotonic()
        for number, frame in enumerate(camera_frames()):
            time.sleep(max(0.0, start + number / arguments.rate - time.monotonic()))
            stamped = frame.metadata.model_copy(update={"timestamp": time.time()})
            sender.send(Frame(frame.pixels, stamped))


if __name__ == "__main__":
    main()
