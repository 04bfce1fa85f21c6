"""The form factor of a frame's skyrmions: how strong each wave is in one of them, on average.

The power spectrum mixes three things: where the skyrmions are, what each looks like, and what the
microscope passes. They part once the places are known. To first order the image is a sum of
skyrmions that differ in strength alone, in Fourier space

    I(q) = S(q) T(q) F(q),    S(q) = sum_i s_i exp(-2 pi i q . r_i),

S from places and strengths, T of a weak phase under a tilt (`transfer.tilted_response`). F, what
remains, is that of Mz in one skyrmion, and falls the faster with q the larger it is
(docs/decisions/0016). Places and strengths come from the image itself, by the inverse of T: a
linear filter, no network.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from scipy import fft

from .frame_parts import FrameParts
from .transfer import Lens, gaussian_band, tilted_response

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

_FEW = 3
"""With fewer skyrmions there is no form factor."""

_LITTLE = 1e-4
"""Of all that was expected, so much is added to each band, lest noise be divided by nothing."""

_FARTHEST = 5.0
"""A band's form factor is at most so many times the mean one; beyond, it is noise."""

_OTHER_DEFOCUSES = (0.925, 1.075)
"""Over the told one. Where it is wrong, a wave near a zero of T has the wrong sign, and another T
explains more of the frame's power: so an image shows how far off its defocus was told."""

_BANDS_SEEN = len(_BANDS) - 1
_OF_A_DEFOCUS = _BANDS_SEEN + 2

FORM_FACTOR = (1 + len(_OTHER_DEFOCUSES)) * _OF_A_DEFOCUS + 1
"""Length of `describe_form_factor`."""


def describe_form_factor(
    parts: FrameParts, lens: Lens, defocus_nm: float, tilt_deg: float, nominal_defocus_nm: float
) -> np.ndarray:
    """Return the form factor in each band over the mean one, and what goes with it.

    Behind the bands stand the share of the frame's power that S T F explains with one F for all
    bands, and the logarithm of that F; then the logarithm of the number of skyrmions per um^2. Then
    bands, share and F once more for each of `_OTHER_DEFOCUSES`, with the same S. All zero where
    hardly a skyrmion is seen.

    Parameters
    ----------
    parts
        Of a normalised frame in the engine's geometry: tilt axis along x, not foreshortened.
    lens, defocus_nm, tilt_deg
        Of the frame, as far as anyone knows.
    nominal_defocus_nm
        The engine's, which the bands go by.

    Returns
    -------
    float32 (FORM_FACTOR,).
    """
    waves = _waves(parts.shape, parts.pixel_nm, abs(nominal_defocus_nm))
    nothing = np.zeros(FORM_FACTOR, np.float32)
    if not waves.is_used.any():
        return nothing
    told, *others = (
        tilted_response(waves.qx, waves.qy, lens, factor * defocus_nm, tilt_deg)
        for factor in (1.0, *_OTHER_DEFOCUSES)
    )
    if not told.any():
        return nothing
    places = _places(parts, told, waves)
    count = sum(len(x) for x, _, _ in places)
    if count < _FEW:
        return nothing
    seen = parts.spectra[:, waves.rows, : len(waves.qx)]
    power = float(waves.sums((np.abs(seen) ** 2).sum(axis=0)).sum())
    structures = [_structure(waves, each) for each in places]
    of_told, *of_others = (
        _form(waves, seen, structures, transfer, power) for transfer in (told, *others)
    )
    if not of_told.any():
        return nothing
    area_um2 = len(places) * np.prod(parts.shape) * parts.pixel_nm**2 * 1e-6
    return np.concatenate([of_told, [math.log(count / area_um2)], *of_others]).astype(np.float32)


def _form(
    waves: _Waves,
    seen: np.ndarray,
    structures: list[np.ndarray],
    transfer: np.ndarray,
    power: float,
) -> np.ndarray:
    """Return bands, explained share and mean for one transfer, zeros where nothing fits."""
    of_band, expected = np.zeros(_BANDS_SEEN), np.zeros(_BANDS_SEEN)
    for spectrum, structure in zip(seen, structures, strict=True):
        made = structure * transfer
        of_band += waves.sums((spectrum * made.conj()).real)
        expected += waves.sums(np.abs(made) ** 2)
    total = expected.sum()
    mean = of_band.sum() / total if total > 0 else 0.0
    if not mean > 0:
        return np.zeros(_OF_A_DEFOCUS)
    form = of_band / (expected + _LITTLE * total) / mean
    beside = [mean * of_band.sum() / power, math.log(mean)]
    return np.concatenate([form.clip(-_FARTHEST, _FARTHEST), beside])


def _structure(waves: _Waves, places: _Places) -> np.ndarray:
    """Return S of one part."""
    along = np.exp(np.outer(places.x, -2j * math.pi * waves.qx))
    across = np.exp(-2j * math.pi * waves.qy * places.y)
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
        return np.bincount(self._band, values[self.is_used], _BANDS_SEEN)


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
