"""Images of which every wave is known: round dips of Mz under the weak-phase response."""

from __future__ import annotations

import math

import numpy as np

from skyrmlive.inference.normalise import normalise
from skyrmlive.inference.transfer import tilted_response
from skyrmlive.trainer.lorentz.microscope import Microscope

PIXEL_NM = 3.0
MICROSCOPE = Microscope()


def weak_phase_image(
    places: np.ndarray,
    sigma_nm: float,
    shape: tuple[int, int] = (256, 256),
    defocus_nm: float = -2e6,
    tilt_deg: float = 20.0,
) -> np.ndarray:
    """Return the image of dips -exp(-r^2 / 2 sigma^2) of Mz at places (n, 2), x and y in nm."""
    x, y = np.asarray(places).T
    qx, qy = np.fft.rfftfreq(shape[1], PIXEL_NM), np.fft.fftfreq(shape[0], PIXEL_NM)[:, None]
    where = np.exp(-2j * np.pi * qy * y) @ np.exp(-2j * np.pi * np.outer(x, qx))
    profile = np.exp(-2 * (np.pi * sigma_nm) ** 2 * (qx**2 + qy**2))
    response = tilted_response(qx, qy, MICROSCOPE, defocus_nm, tilt_deg)
    return normalise(np.fft.irfft2(where * profile * response, s=shape).astype(np.float32))


def lattice(
    shape: tuple[int, int], spacing_nm: float, seed: int, jitter: float = 0.12
) -> np.ndarray:
    """Return places (n, 2) in nm of a slightly disordered triangular lattice that fills a frame."""
    height, width = (side * PIXEL_NM for side in shape)
    row_nm = spacing_nm * math.sqrt(3) / 2
    places = [
        ((column + 0.5 * (row % 2)) * spacing_nm, row * row_nm)
        for row in range(-1, int(height / row_nm) + 2)
        for column in range(-1, int(width / spacing_nm) + 2)
    ]
    off = np.random.default_rng(seed).normal(0, jitter * spacing_nm, (len(places), 2))
    return np.array(places) + off
