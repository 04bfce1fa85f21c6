"""The simulated field sweep that comes along: its films, and what a camera makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from .files import read_frames
from .frame import Frame, FrameMetadata

FILMS = Path(__file__).parent / "demo_films" / "field_sweep.tif"
ELECTRONS_PER_PIXEL = 1500.0
_ZOOM = 2


def camera_frames(
    films: Path = FILMS, electrons_per_pixel: float = ELECTRONS_PER_PIXEL, seed: int = 0
) -> Iterator[Frame]:
    """Yield the frames of the sweep as a counting camera delivers them, uint16 of 512 x 512."""
    rng = np.random.default_rng(seed)
    for number, clean in enumerate(read_frames(films)):
        yield camera_frame(clean, number, rng, electrons_per_pixel)


def camera_frame(
    clean: Frame,
    number: int,
    rng: np.random.Generator,
    electrons_per_pixel: float = ELECTRONS_PER_PIXEL,
) -> Frame:
    """Return one frame as a counting camera delivers it, uint16 of 512 x 512.

    The series holds clean images at 6 nm a pixel, finer than anything the optics lets through; they
    are doubled to 3 nm, and each pixel counts its electrons (Poisson statistics).

    Parameters
    ----------
    clean
        An image of the series.
    number
        Its place in it.
    rng
        Draws the electrons.
    electrons_per_pixel
        The dose where nothing deflects the beam.
    """
    stored = clean.metadata.model_dump(exclude_none=True)
    low, high = stored.pop("intensity_low"), stored.pop("intensity_high")
    intensity = low + (high - low) / 255 * clean.pixels.astype(np.float32)
    intensity = cv2.resize(intensity, None, fx=_ZOOM, fy=_ZOOM, interpolation=cv2.INTER_CUBIC)
    counts = rng.poisson(electrons_per_pixel * intensity).astype(np.uint16)
    known = stored | {
        "seq": number,
        "pixel_size_nm": stored["pixel_size_nm"] / _ZOOM,
        "blur_px": 0.0,  # every electron is counted where it falls
        "source": "skyrmlive demo",
    }
    return Frame(counts, FrameMetadata.model_validate(known))
