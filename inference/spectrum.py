"""What the power spectrum and the histogram of an image tell of all its skyrmions together.

Size, noise and blur of a whole frame show in its spectrum far more clearly than in the surroundings
of one skyrmion, and a convolution sees no more than those. So a network is told, beside defocus and
tilt, the strength of the frame's waves by their length and direction (docs/decisions/0009).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import fft

from .frame_parts import FrameParts

_BANDS = np.concatenate([np.linspace(0.003, 0.045, 22), [0.055, 0.065, 0.08]])
"""Edges of the wave numbers in 1/nm, for a defocus of 2 mm; they go as its root."""

_SECTORS = (0.0, math.pi / 6, math.pi / 3)
"""Edges of the angle to the tilt axis; waves across it show no contrast."""

_SMOOTHINGS = (0.010, 0.016, 0.022)
"""Wave numbers in 1/nm, for 2 mm, beyond which the histogram's waves are left out."""

_LITTLE = 1e-3
"""Added to a power before its logarithm is taken; 2 % noise has about as much."""

_MIDDLES = (_BANDS[1:] + _BANDS[:-1]) / 2

_STRONGEST = 4
"""Bands and sectors in which a texture shows most; one by itself may do so by chance."""

DESCRIPTORS = (len(_BANDS) - 1) * (len(_SECTORS) - 1) + 2 * len(_SMOOTHINGS)
"""Length of `describe_spectrum`."""


def describe_spectrum(parts: FrameParts, defocus_nm: float) -> np.ndarray:
    """Return the logarithm of the power in each band and sector, then skewness and kurtosis.

    The latter are those of the frame without its finer waves.

    Parameters
    ----------
    parts
        Of a normalised frame in the engine's geometry.
    defocus_nm
        The engine's nominal one, which the bands go by.

    Returns
    -------
    float32 (DESCRIPTORS,).
    """
    plan = _plan(parts.shape, parts.pixel_nm, abs(defocus_nm))
    power = np.mean(np.abs(parts.spectra) ** 2, axis=0).ravel()
    sums = np.bincount(plan.bins, power, minlength=plan.counts.size + 1)[:-1]
    logs = np.log(sums / np.maximum(plan.counts, 1) + _LITTLE)
    seen = np.flatnonzero(plan.counts)
    if len(seen):  # a small image has no waves in some bands: what lies beside stands for them
        logs = np.interp(np.arange(logs.size), seen, logs[seen])
    moments = []
    for smoothing in plan.smoothings:
        smooth = parts.filtered(smoothing)
        square = smooth * smooth  # numpy's own powers are ten times slower
        spread = float(np.sqrt(np.mean(square))) or 1.0
        moments += [
            float(np.mean(square * smooth)) / spread**3,
            float(np.mean(square * square)) / spread**4,
        ]
    return np.concatenate([logs, moments]).astype(np.float32)


def power_over_noise(description: np.ndarray) -> float:
    """Return how many times the power of noise a frame has in the bands where it has most.

    Noise is what falls off as a Gaussian with the wave number, or not at all, as that of a camera
    does. Of noise alone it is about 1.5 in a frame of 256 x 256 pixels, and less in a larger one.

    Parameters
    ----------
    description
        As from `describe_spectrum`.
    """
    bands = len(_MIDDLES)
    logs = description[: bands * (len(_SECTORS) - 1)].reshape(-1, bands).astype(float)
    fall, level = np.polyfit(_MIDDLES**2, logs.mean(axis=0), 1)
    noise = level + fall * _MIDDLES**2 if fall < 0 else logs.mean()
    return float(np.exp(np.sort(logs - noise, axis=None)[-_STRONGEST:].mean()))


class _Plan:
    """What all frames with parts of one shape and one condition share."""

    def __init__(self, shape: tuple[int, int], pixel_nm: float, defocus_nm: float) -> None:
        rows, columns = shape
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
