"""Where skyrmions are, and how much of a frame their waves explain under some optics.

To first order an image is a sum of skyrmions that differ in strength alone, in Fourier space

    I(q) = S(q) T(q) F(q),    S(q) = sum_i s_i exp(-2 pi i q . r_i),

S from places and strengths, T of a weak phase under a tilt (`transfer.tilted_response`), F that of
Mz in one skyrmion. Places and strengths come from the image itself, by the inverse of T: a linear
filter, no network.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from scipy import fft

from .frame_parts import FrameParts
from .transfer import gaussian_band

_BANDS = np.array([0.006, *(0.01 + 0.0025 * step for step in range(9)), 0.033, 0.036, 0.04, 0.046])
"""Edges of the wave numbers in 1/nm, for a defocus of 2 mm; they go as its root."""

_FINEST_NM, _WIDEST_NM = 5.0, 60.0
"""Gaussian band in which skyrmions are looked for, for 2 mm."""

_APART_NM = 15.0
"""Skyrmions are the highest points within so much, for 2 mm."""

_REGULARISATION = 0.1
"""Of the inverse of T, over its largest square."""

_HIGH = 0.8
"""Standard deviations above which a highest point is a skyrmion."""

_FADED = 0.3
"""Of the window's height: where a part has faded below that, nothing is looked for."""

BANDS = len(_BANDS) - 1
"""How many."""

_LITTLE = 1e-4
"""Of all that was expected, so much is added to each band, lest noise be divided by nothing."""

_FARTHEST = 5.0
"""A band's form factor is at most so many times the mean one; beyond, it is noise."""


class Explanation(NamedTuple):
    """What S T F makes of the frame under some optics.

    Attributes
    ----------
    form
        F in each band over the mean one, shape (BANDS,).
    share
        Of the frame's power that is explained with one F for all bands.
    mean
        That F.
    """

    form: np.ndarray
    share: float
    mean: float


NOTHING = Explanation(np.zeros(BANDS), 0.0, 0.0)
"""Where the frame shows none of what was expected."""


class SeenWaves:
    """The waves of a frame's parts that may be skyrmions'.

    Parameters
    ----------
    parts
        Of a normalised frame in the engine's geometry: tilt axis along x, not foreshortened.
    nominal_defocus_nm
        The engine's, which bands and lengths go by.

    Attributes
    ----------
    qx, qy
        Wave numbers in 1/nm for which a transfer is asked, shapes (columns,) and (rows, 1).
    """

    def __init__(self, parts: FrameParts, nominal_defocus_nm: float) -> None:
        self._parts = parts
        self._waves = waves = _waves(parts.shape, parts.pixel_nm, abs(nominal_defocus_nm))
        self.qx, self.qy = waves.qx, waves.qy
        self._seen = parts.spectra[:, waves.rows, : len(waves.qx)]
        self._power = float(waves.sums((np.abs(self._seen) ** 2).sum(axis=0)).sum())

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._waves.is_used.any()) and self._power > 0

    def structures(self, transfer: np.ndarray) -> tuple[list[np.ndarray], int]:
        """Return S of each part under a transfer (rows, columns), and the number of skyrmions."""
        if not transfer.any():
            return [], 0
        places = _places(self._parts, transfer, self._waves)
        return [self._structure(each) for each in places], sum(len(each.x) for each in places)

    def explained(self, structures: list[np.ndarray], transfer: np.ndarray) -> Explanation:
        """Return what S and a transfer explain, `NOTHING` where no F fits."""
        waves = self._waves
        of_band, expected = np.zeros(BANDS), np.zeros(BANDS)
        for spectrum, structure in zip(self._seen, structures, strict=True):
            made = structure * transfer
            of_band += waves.sums((spectrum * made.conj()).real)
            expected += waves.sums(np.abs(made) ** 2)
        total = expected.sum()
        mean = float(of_band.sum() / total) if total > 0 else 0.0
        if not mean > 0:
            return NOTHING
        form = of_band / (expected + _LITTLE * total) / mean
        share = float(mean * of_band.sum() / self._power)
        return Explanation(form.clip(-_FARTHEST, _FARTHEST), share, mean)

    def _structure(self, places: _Places) -> np.ndarray:
        along = np.exp(np.outer(places.x, -2j * math.pi * self.qx))
        across = np.exp(-2j * math.pi * self.qy * places.y)
        # not by matmul: its threads cost more than so small a product
        return np.einsum("yi,ix->yx", across * places.strength, along)


class _Waves:
    """The waves of a part that count, a box around q = 0: nothing finer passes the microscope."""

    def __init__(self, shape: tuple[int, int], pixel_nm: float, defocus_nm: float) -> None:
        self.length = math.sqrt(defocus_nm / 2e6)
        """What lengths of 2 mm are multiplied by."""
        bands = _BANDS / self.length
        qx, qy = fft.rfftfreq(shape[1], pixel_nm), fft.fftfreq(shape[0], pixel_nm)
        self.rows = np.flatnonzero(np.abs(qy) < bands[-1])
        self.qx, self.qy = qx[: np.searchsorted(qx, bands[-1])], qy[self.rows, None]
        q2 = self.qx**2 + self.qy**2
        band = np.digitize(np.sqrt(q2), bands) - 1
        self.is_used = (band >= 0) & (band < len(bands) - 1)
        self._band = band[self.is_used]
        self.sought = gaussian_band(q2, _FINEST_NM * self.length, _WIDEST_NM * self.length)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sums over each band."""
        return np.bincount(self._band, values[self.is_used], BANDS)


@lru_cache(maxsize=8)
def _waves(shape: tuple[int, int], pixel_nm: float, defocus_nm: float) -> _Waves:
    return _Waves(shape, pixel_nm, defocus_nm)


class _Places(NamedTuple):
    """Skyrmions of one part: x and y in nm, and how strong each is, with the window on it.

    Strengths are over the usual one without a window.
    """

    x: np.ndarray
    y: np.ndarray
    strength: np.ndarray


def _places(parts: FrameParts, transfer: np.ndarray, waves: _Waves) -> list[_Places]:
    """Return where each part has skyrmions: the highest points after the inverse of T."""
    square = np.abs(transfer) ** 2
    inverse = transfer.conj() * waves.sought / (square + _REGULARISATION * square.max())
    whole = np.zeros(parts.spectra.shape[1:], np.complex64)
    whole[waves.rows, : len(waves.qx)] = inverse
    maps = parts.filtered(whole)
    window = parts.window
    is_open = window > _FADED * window.max()
    is_open[[0, -1]] = is_open[:, [0, -1]] = False
    limit = _HIGH * float(np.sqrt(np.mean(maps[:, is_open] ** 2))) if is_open.any() else 0.0
    side = 2 * max(1, round(_APART_NM * waves.length / parts.pixel_nm)) + 1
    around = np.ones((side, side), np.uint8)
    highest = is_open & (maps > limit)
    highest &= [each == cv2.dilate(each, around) for each in maps]
    tops = maps[highest]
    usual = float(np.median(tops / window[np.nonzero(highest)[1:]])) if len(tops) else 1.0
    return [
        _between_pixels(each, where, parts.pixel_nm, usual)
        for each, where in zip(maps, highest, strict=True)
    ]


def _between_pixels(
    part: np.ndarray, highest: np.ndarray, pixel_nm: float, usual: float
) -> _Places:
    """Return highest points, placed by the parabola through their neighbours."""
    y, x = np.nonzero(highest)
    top = part[y, x]

    def beside(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        bend = np.minimum(before + after - 2 * top, -1e-12)
        return np.clip((before - after) / (2 * bend), -0.5, 0.5)

    x_nm = (x + beside(part[y, x - 1], part[y, x + 1])) * pixel_nm
    y_nm = (y + beside(part[y - 1, x], part[y + 1, x])) * pixel_nm
    return _Places(x_nm, y_nm, top / usual)
