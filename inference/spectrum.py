"""What the power spectrum and the histogram of an image tell of all its skyrmions together.

Size, noise and blur of a whole frame show in its spectrum far more clearly than in the surroundings
of one skyrmion, and a convolution sees no more than those. So a network is told, beside defocus and
tilt, the strength of the frame's waves by their length and direction (docs/decisions/0009).
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from scipy import fft
from scipy.signal.windows import tukey

BINNING = 2
"""Pixels along a side that are averaged first: nothing so fine passes the microscope."""

TILE = 128
"""Side of the parts, in binned pixels, whose spectra are averaged (Welch, 1967)."""

_MOST_TILES = 16
"""Of a large frame, so many parts spread over it are looked at."""

_BANDS = np.concatenate([np.linspace(0.003, 0.045, 22), [0.055, 0.065, 0.08]])
"""Edges of the wave numbers in 1/nm, for a defocus of 2 mm; they go as its root."""

_SECTORS = (0.0, math.pi / 6, math.pi / 3)
"""Edges of the angle to the tilt axis; waves across it show no contrast."""

_SMOOTHINGS = (0.010, 0.016, 0.022)
"""Wave numbers in 1/nm, for 2 mm, beyond which the histogram's waves are left out."""

_FADING = 0.3
"""Share of a part's side over which it fades out, so that its ends do not make waves."""

_LITTLE = 1e-3
"""Added to a power before its logarithm is taken; 2 % noise has about as much."""

DESCRIPTORS = (len(_BANDS) - 1) * (len(_SECTORS) - 1) + 2 * len(_SMOOTHINGS)
"""Length of `describe_spectrum`."""


def describe_spectrum(image: np.ndarray, pixel_size_nm: float, defocus_nm: float) -> np.ndarray:
    """Return the logarithm of the power in each band and sector, then skewness and kurtosis.

    The latter are those of the image without its finer waves.

    Parameters
    ----------
    image
        Normalised, in the engine's geometry, float32 (height, width).
    defocus_nm
        The engine's nominal one, which the bands go by.

    Returns
    -------
    float32 (DESCRIPTORS,).
    """
    height, width = (max(1, side // BINNING) for side in image.shape)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    tiles = _tiles(small)
    plan = _plan(tiles.shape[1:], BINNING * pixel_size_nm, abs(defocus_nm))
    # threads cost more than they save on a small image
    workers = 2 if len(tiles) == _MOST_TILES else None
    spectra = np.asarray(fft.rfft2(tiles * plan.window, workers=workers))
    power = np.mean(np.abs(spectra) ** 2, axis=0).ravel()
    sums = np.bincount(plan.bins, power, minlength=plan.counts.size + 1)[:-1]
    logs = np.log(sums / np.maximum(plan.counts, 1) + _LITTLE)
    seen = np.flatnonzero(plan.counts)
    if len(seen):  # a small image has no waves in some bands: what lies beside stands for them
        logs = np.interp(np.arange(logs.size), seen, logs[seen])
    moments = []
    for smoothing in plan.smoothings:
        smooth = np.asarray(fft.irfft2(spectra * smoothing, s=tiles.shape[1:], workers=workers))
        square = smooth * smooth  # numpy's own powers are ten times slower
        spread = float(np.sqrt(np.mean(square))) or 1.0
        moments += [
            float(np.mean(square * smooth)) / spread**3,
            float(np.mean(square * square)) / spread**4,
        ]
    return np.concatenate([logs, moments]).astype(np.float32)


def _tiles(image: np.ndarray) -> np.ndarray:
    """Return parts of the image side by side, shape (n, rows, columns), n at most `_MOST_TILES`."""
    height, width = image.shape
    rows, columns = min(TILE, height), min(TILE, width)
    down, across = height // rows, width // columns
    cut = image[: down * rows, : across * columns]
    tiles = cut.reshape(down, rows, across, columns).swapaxes(1, 2)
    count = min(_MOST_TILES, down * across)
    chosen = np.linspace(0, down * across - 1, count).round().astype(int)
    return tiles[np.unravel_index(chosen, (down, across))]


class _Plan:
    """What all images of one shape and condition share."""

    def __init__(self, shape: tuple[int, int], pixel_nm: float, defocus_nm: float) -> None:
        rows, columns = shape
        window = np.outer(tukey(rows, _FADING), tukey(columns, _FADING))
        if not window.any():  # of two pixels, both are ends
            window = np.ones(shape)
        self.window = (window / np.sqrt(np.sum(window**2))).astype(np.float32)
        scale = math.sqrt(defocus_nm / 2e6)
        qx = fft.rfftfreq(columns, pixel_nm) * scale
        qy = fft.fftfreq(rows, pixel_nm)[:, None] * scale
        q, angle = np.hypot(qx, qy), np.arctan2(np.abs(qy), np.broadcast_to(qx, (rows, len(qx))))
        band = np.digitize(q, _BANDS) - 1
        sector = np.digitize(angle, _SECTORS) - 1
        sectors, bands = len(_SECTORS) - 1, len(_BANDS) - 1
        outside = (band < 0) | (band >= bands) | (sector >= sectors)
        self.bins = np.where(outside, sectors * bands, sector * bands + band).ravel()
        self.counts = np.bincount(self.bins, minlength=sectors * bands + 1)[:-1]
        self.smoothings = [np.exp(-((q / limit) ** 2)).astype(np.float32) for limit in _SMOOTHINGS]


@lru_cache(maxsize=8)
def _plan(shape: tuple[int, int], pixel_nm: float, defocus_nm: float) -> _Plan:
    return _Plan(shape, pixel_nm, defocus_nm)
