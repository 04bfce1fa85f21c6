"""Diameters as a network draws them: one value a block of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class SizeMap:
    """The size of the skyrmion at a place.

    Attributes
    ----------
    log_diameter
        Mean and log of the standard deviation of ln(diameter / nm), float32 (2, rows, columns).
    block
        Pixels of the engine's geometry that a value stands for, along a side.
    pixel_size_nm
        Of the images that the network learned from.
    """

    log_diameter: np.ndarray
    block: int
    pixel_size_nm: float

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ln(diameter / engine pixel) and the log of its standard deviation, (n,) each.

        Interpolated between the blocks' centres, that of block i at block * i + (block - 1) / 2.

        Parameters
        ----------
        points
            x, y in the engine's geometry, shape (n, 2).
        """
        x, y = (points.T - (self.block - 1) / 2) / self.block
        mean, log_sigma = (
            ndimage.map_coordinates(channel, (y, x), output=np.float64, order=1, mode="nearest")
            for channel in self.log_diameter
        )
        return mean - np.log(self.pixel_size_nm), log_sigma
