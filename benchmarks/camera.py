"""A camera in a process of its own: numbered frames, each a window of one tall image.

    python benchmarks/camera.py IMAGE ADDRESS [--first N] [--frames N] [--rate FPS]

A window begins one row below that of the frame before, so that neighbours differ in every pixel and
none costs the camera a copy. Whoever holds the image knows what was sent.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.sender import FrameSender

#: Windows before the first comes again: a prime, so that no group of frames looks like the next.
WINDOWS = 61
PATIENCE_S = 3600.0
MADE_UP_S = 1.0  # of a delay


def tall_image(path: Path, large: Frame) -> np.ndarray:
    """Keep what a camera needs at `path`; return its image.

    Parameters
    ----------
    path
        The image goes there, and the metadata of its frames beside it.
    large
        A frame of side + WINDOWS pixels, for frames of that side.

    Returns
    -------
    numpy.ndarray
        Of shape (side + WINDOWS, side).
    """
    image = np.ascontiguousarray(large.pixels[:, :-WINDOWS])
    np.save(path, image)
    path.with_suffix(".json").write_text(large.metadata.model_dump_json(exclude_unset=True))
    return image


def window(image: np.ndarray, number: int) -> np.ndarray:
    """Return the pixels of frame `number`, a view of shape (side, side)."""
    top = number % WINDOWS
    return image[top : top + image.shape[1]]


@contextmanager
def camera(
    image: Path,
    address: str,
    *,
    first: int = 0,
    frames: int | None = None,
    rate: float | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a camera beside this block; what is left of it is ended with the block."""
    options = {"--first": first, "--frames": frames, "--rate": rate}
    words = [str(word) for pair in options.items() if pair[1] is not None for word in pair]
    process = subprocess.Popen([sys.executable, __file__, str(image), address, *words])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path)
    parser.add_argument("address")
    parser.add_argument("--first", type=int, default=0, help="number of the first frame")
    parser.add_argument("--frames", type=int, help="so many; without an end by default")
    parser.add_argument("--rate", type=float, help="a second; as fast as they are taken by default")
    options = parser.parse_args()
    image = np.load(options.image)
    metadata = FrameMetadata.model_validate_json(options.image.with_suffix(".json").read_bytes())
    numbers = itertools.count(options.first)
    with FrameSender(
        options.address, connect_timeout_s=PATIENCE_S, busy_timeout_s=PATIENCE_S
    ) as sender:
        due = time.monotonic()
        for number in itertools.islice(numbers, options.frames):
            if options.rate is not None:
                late = time.monotonic() - due
                time.sleep(max(0.0, -late))
                # What was missed while nobody was there is not made up for.
                due += 1 / options.rate + (late if late > MADE_UP_S else 0.0)
            stamp = {"seq": number, "timestamp": time.time()}
            sender.send(Frame(window(image, number), metadata.model_copy(update=stamp)))


if __name__ == "__main__":
    main()
