"""How well sizes are known, as a network draws it: one value a block of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class SizeMap:
    """How well the size of the skyrmion at a place is known.

    Attributes
    ----------
    log_diameter
        Mean and log of the standard deviation of ln(diameter / nm), float32 (2, rows, columns). The
        mean is not used: the area of the core's probability was found to be nearer to the truth
        (docs/decisions/0008).
    block
        Pixels of the engine's geometry that a value stands for, along a side.
    """

    log_diameter: np.ndarray
    block: int

    def log_sigma_at(self, points: np.ndarray) -> np.ndarray:
        """Return the log of the standard deviation of ln(diameter), shape (n,).

        Interpolated between the blocks' centres, that of block i at block * i + (block - 1) / 2.

        Parameters
        ----------
        points
            x, y in the engine's geometry, shape (n, 2).
        """
        x, y = (points.T - (self.block - 1) / 2) / self.block
        return ndimage.map_coordinates(
            self.log_diameter[1], (y, x), output=np.float64, order=1, mode="nearest"
        )
