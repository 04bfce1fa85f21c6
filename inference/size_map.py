"""Sizes, and how well they are known, as a network draws them: one value a block of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class SizeMap:
    """The size of the skyrmion at a place, and how well it is known.

    Attributes
    ----------
    log_diameter
        Mean and log of the standard deviation of ln(diameter / nm), float32 (2, rows, columns).
    block
        Pixels of the engine's geometry that a value stands for, along a side.
    pixel_size_nm
        Of the engine's geometry.
    """

    log_diameter: np.ndarray
    block: int
    pixel_size_nm: float

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return diameters in pixels and the log of the standard deviation of their logarithm.

        Interpolated between the blocks' centres, that of block i at block * i + (block - 1) / 2.

        Parameters
        ----------
        points
            x, y in the engine's geometry, shape (n, 2).

        Returns
        -------
        tuple
            Both of shape (n,).
        """
        x, y = (points.T - (self.block - 1) / 2) / self.block
        mean, log_sigma = (
            ndimage.map_coordinates(each, (y, x), output=np.float64, order=1, mode="nearest")
            for each in self.log_diameter
        )
        return np.exp(mean) / self.pixel_size_nm, log_sigma
