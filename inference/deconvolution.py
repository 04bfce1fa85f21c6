"""The frame with the microscope taken back out of it, as far as that goes without a network.

To first order an image is -Mz times a known response (`transfer.tilted_response`). Its regularised
inverse puts every skyrmion where its centre is and takes the fringes of its neighbours off it, at
whatever defocus and tilt the frame was taken, so that a network need not learn that for each of
them. It is given the result beside the frame itself (docs/decisions/0017).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from scipy import fft

from .frame_parts import BINNING
from .told import OPTICS
from .transfer import Lens, tilted_response

REGULARISATIONS = (0.1, 0.005)
"""Of the inverse, over the largest square of the response: for noisy frames and for clear ones."""

DECONVOLVED = len(REGULARISATIONS)
"""How many images come of one."""

_MARGIN = 32
"""Binned pixels around the image, lest its opposite borders meet. Above and below they mirror it.
Left and right they are empty: mirrored there, its contrast as it is, it would be the image of
skyrmions that are magnetised the other way (docs/decisions/0028)."""

_LARGE = 1 << 17


def deconvolve(
    small: np.ndarray, known: np.ndarray, lens: Lens, pixel_size_nm: float
) -> np.ndarray:
    """Return what the regularised inverses make of an image, each over its standard deviation.

    Parameters
    ----------
    small
        The image, normalised, in the engine's geometry and binned, float32 (height / 2, width / 2):
        nothing so fine passes the microscope.
    known
        Of its optics, as from `told.optics`, which may be followed by more.
    lens
        Of the microscope.
    pixel_size_nm
        Of the image before it was binned.

    Returns
    -------
    float32 (DECONVOLVED, height / 2, width / 2).
    """
    height, width = small.shape
    rows, columns = (fft.next_fast_len(side + 2 * _MARGIN, real=True) for side in small.shape)
    over = (_MARGIN, rows - height - _MARGIN, 0, 0)
    # threads cost more than they save on a small image
    workers = 2 if small.size > _LARGE else None
    mirrored = cv2.copyMakeBorder(small, *over, cv2.BORDER_REFLECT)
    # the empty columns come behind the last one, which is before the first one too
    spectrum = fft.rfft2(mirrored, s=(rows, columns), workers=workers)
    inside = np.s_[_MARGIN : _MARGIN + height, :width]
    result = np.empty((DECONVOLVED, height, width), np.float32)
    optics = _Optics(lens, *map(float, known[:OPTICS]))
    for each, inverse in zip(
        result, _inverses((rows, columns), BINNING * pixel_size_nm, optics), strict=True
    ):
        whole = np.asarray(fft.irfft2(spectrum * inverse, s=(rows, columns), workers=workers))
        deviation = float(cv2.meanStdDev(whole[inside])[1][0, 0])
        np.multiply(whole[inside], 1 / deviation if deviation > 0 else 0.0, out=each)
    return result


class _Optics(NamedTuple):
    """What the response depends on; `told.optics` has the last four."""

    lens: Lens
    defocus_mm: float
    tilt_deg: float
    blur_nm: float
    knows_blur: float


@lru_cache(maxsize=2)
def _inverses(shape: tuple[int, int], pixel_nm: float, optics: _Optics) -> tuple[np.ndarray, ...]:
    """Return the inverses, complex64 (rows, columns // 2 + 1) each, for images of that shape."""
    # single precision: a frame of another defocus should not wait long
    qx = fft.rfftfreq(shape[1], pixel_nm).astype(np.float32)
    qy = fft.fftfreq(shape[0], pixel_nm).astype(np.float32)[:, None]
    response = tilted_response(qx, qy, optics.lens, optics.defocus_mm * 1e6, optics.tilt_deg)
    if optics.knows_blur:
        response = response * np.exp(-2 * (math.pi * optics.blur_nm) ** 2 * (qx**2 + qy**2))
    square = np.abs(response) ** 2
    largest = square.max() or 1.0
    return tuple(
        np.asarray(response.conj() / (square + share * largest), np.complex64)
        for share in REGULARISATIONS
    )
