"""Parts of a frame and their spectra, from which all that is known of the whole frame is taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from scipy import fft

from .part_places import MOST_PARTS, PartPlaces

BINNING = 2
"""Pixels along a side that are averaged first: nothing so fine passes the microscope."""

_FADING = 0.3
"""Share of a part's side over which it fades out, so that its ends do not make waves."""


@dataclass(frozen=True)
class FrameParts:
    """Spectra of parts of a normalised frame.

    Attributes
    ----------
    image
        The whole frame with `BINNING` pixels along each side averaged.
    spectra
        `rfft2` of each faded part, complex64 (n, rows, columns // 2 + 1).
    shape
        (rows, columns) of a part.
    pixel_nm
        Side of a binned pixel.
    window
        How the parts fade, float32 of `shape`; the sum of its squares is 1.
    """

    image: np.ndarray
    spectra: np.ndarray
    shape: tuple[int, int]
    pixel_nm: float
    window: np.ndarray

    @classmethod
    def of(
        cls, image: np.ndarray, pixel_size_nm: float, places: PartPlaces | None = None
    ) -> FrameParts:
        """Return those of an image in the engine's geometry.

        Parameters
        ----------
        image
            Float32 (height, width).
        places
            Where they are cut out of the binned image; side by side all over it by default.
        """
        small = binned(image)
        places = places or PartPlaces.over((small.shape[0], small.shape[1]))
        parts, shape = places.cut(small), places.shape
        window = _window(shape)
        spectra = np.asarray(fft.rfft2(parts * window, workers=cls._workers(len(parts))))
        return cls(small, spectra, shape, BINNING * pixel_size_nm, window)

    def some(self, count: int) -> FrameParts:
        """Return at most so many of the parts, none of them first or last if there are more."""
        have = len(self.spectra)
        between = np.linspace(0, have - 1, min(count, have) + 2)[1:-1]
        chosen = between.round().astype(int)
        return replace(self, spectra=self.spectra[chosen])

    def filtered(self, response: np.ndarray) -> np.ndarray:
        """Return the parts after a filter, float32 (n, rows, columns)."""
        workers = self._workers(len(self.spectra))
        return np.asarray(fft.irfft2(self.spectra * response, s=self.shape, workers=workers))

    @staticmethod
    def _workers(count: int) -> int | None:
        # threads cost more than they save on a small image
        return 2 if count == MOST_PARTS else None


def part_places(shape: tuple[int, int], inside: np.ndarray | None = None) -> PartPlaces:
    """Return where parts are cut out of an image.

    Parameters
    ----------
    shape
        (height, width) of the image, not binned.
    inside
        Bool of `shape`: what of it shows the frame; all by default.
    """
    if inside is None or inside.all():
        height, width = shape
        return PartPlaces.over((max(1, height // BINNING), max(1, width // BINNING)))
    return PartPlaces.within(binned(inside.astype(np.float32)))


def binned(image: np.ndarray) -> np.ndarray:
    """Return an image (height, width) with `BINNING` pixels along each side averaged."""
    height, width = (max(1, side // BINNING) for side in image.shape)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=8)
def _window(shape: tuple[int, int]) -> np.ndarray:
    window = np.outer(*(_fading(side) for side in shape))
    if not window.any():  # of two pixels, both are ends
        window = np.ones(shape)
    return (window / np.sqrt(np.sum(window**2))).astype(np.float32)


def _fading(side: int) -> np.ndarray:
    """Return a cosine-tapered window (Tukey; Harris, Proc. IEEE 1978), shape (side,).

    Importing the one of `scipy.signal` takes as long as all else that a command starts with.
    """
    from_end = np.minimum(np.arange(side), np.arange(side)[::-1])
    share = 2 * from_end / (_FADING * max(side - 1, 1))
    return (1 - np.cos(np.pi * share.clip(0, 1))) / 2
