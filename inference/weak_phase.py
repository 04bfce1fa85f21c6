"""The Lorentz image that found skyrmion cores would make: a physical check of a segmentation."""

from __future__ import annotations

import math

import numpy as np
from scipy import fft

from .condition import ImagingCondition
from .transfer import gaussian_band, tilted_response

#: The magnetic centre lies beside the lobes across the tilt axis, by an amount that depends on the
#: film; agreement is sought within so many nm.
_ASIDE_NM = 15.0
#: Gaussian band: slow background and pixel noise are no part of the pattern.
_LARGEST_NM, _SMALLEST_NM = 75.0, 6.0


class WeakPhaseImage:
    """Renders cores in the engine's geometry and condition, for one shape of image.

    Cores are where Mz falls from 1 to -1; what they make is `tilted_response`. Thickness, in-plane
    moments and all amplitudes are left out.

    Parameters
    ----------
    condition
        The engine's.
    shape
        (height, width) in engine pixels.
    """

    def __init__(self, condition: ImagingCondition, shape: tuple[int, int]) -> None:
        self._shape = shape
        qx = fft.rfftfreq(shape[1], condition.pixel_size_nm)
        qy = fft.fftfreq(shape[0], condition.pixel_size_nm)[:, None]
        self._band = gaussian_band(qx**2 + qy**2, _SMALLEST_NM, _LARGEST_NM)
        self._from_core = self._band * tilted_response(
            qx, qy, condition, condition.defocus_nm, condition.tilt_deg
        )
        self._aside = max(1, round(_ASIDE_NM / condition.pixel_size_nm))

    def render(self, core: np.ndarray) -> np.ndarray:
        """Return the band-passed image of cores (probabilities or 0 and 1), in arbitrary units."""
        return self._filtered(core, self._from_core)

    def agreement(self, core: np.ndarray, image: np.ndarray, where: np.ndarray) -> float:
        """Return the correlation of the image with the image that the cores would make.

        Parameters
        ----------
        core, image
            Of the shape given, in engine geometry.
        where
            Bool of that shape: the pixels to compare.

        Returns
        -------
        float
            -1 to 1; the best within 15 nm across the tilt axis.
        """
        seen = self._filtered(image, self._band)[where]
        made = self.render(core)
        return max(
            _correlation(np.roll(made, rows, axis=0)[where], seen)
            for rows in range(-self._aside, self._aside + 1)
        )

    def _filtered(self, image: np.ndarray, response: np.ndarray) -> np.ndarray:
        spectrum = np.asarray(fft.rfft2(image)) * response
        return np.asarray(fft.irfft2(spectrum, s=self._shape), np.float32)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return the correlation coefficient of two zero-mean patterns, 0 if one of them is empty."""
    norm = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / norm if norm > 0 else 0.0
