"""A map with a probability a pixel, kept as a network leaves it: in blocks, before its sigmoid.

A network that works on blocks of pixels ends by unfolding them and by a sigmoid of every pixel.
Most pixels are only compared with a threshold, which needs neither; what is looked at more closely
are the few around the skyrmions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class ProbabilityMap:
    """Probabilities of one image, or of several of one shape.

    Attributes
    ----------
    blocks
        float32 (..., rows, columns, block * block): pixel (y, x) is
        [y // block, x // block, y % block * block + x % block].
    block
        Pixels along the side of a block.
    shape
        (height, width) of the image; the last blocks may reach beyond it.
    are_logits
        Whether `blocks` holds ln(p / (1 - p)) instead of p.
    """

    blocks: np.ndarray
    block: int
    shape: tuple[int, int]
    are_logits: bool = False

    @classmethod
    def of(cls, image: np.ndarray | ProbabilityMap) -> ProbabilityMap:
        """Return the map of plain probabilities (..., height, width); a map as it is."""
        if isinstance(image, ProbabilityMap):
            return image
        height, width = image.shape[-2:]
        return cls(image[..., np.newaxis], 1, (height, width))

    def __getitem__(self, index: int) -> ProbabilityMap:
        """Return the map of one of several images."""
        return replace(self, blocks=self.blocks[index])

    def cut(self, shape: tuple[int, int]) -> ProbabilityMap:
        """Return the upper left part of this (height, width)."""
        return replace(self, shape=shape)

    def at_least(self, threshold: float) -> np.ndarray:
        """Say where the probability reaches a threshold in (0, 1), bool (..., height, width)."""
        limit = math.log(threshold / (1 - threshold)) if self.are_logits else threshold
        found = self.blocks >= np.float32(limit)
        if self.block in (2, 4, 8):  # a block's row as one number: several times faster to move
            found = self._unfolded(found.view(f"u{self.block}"), 1).view(bool)
        else:
            found = self._unfolded(found, self.block)
        return self._inside(found)

    def image(self) -> np.ndarray:
        """Return the probability of each pixel, float32 (..., height, width)."""
        return self._inside(self._unfolded(self._probability(self.blocks), self.block))

    def offsets(self) -> tuple[np.ndarray, np.ndarray]:
        """Return int64 (height,) and (width,), whose sum is the place of a pixel, see `at`."""
        rows, columns, size = self.blocks.shape[-3:]
        side = np.arange(self.block)
        in_row = np.add.outer(np.arange(rows) * columns * size, side * self.block)
        in_column = np.add.outer(np.arange(columns) * size, side)
        return in_row.ravel(), in_column.ravel()

    def at(self, place: np.ndarray) -> np.ndarray:
        """Return the probability at some pixels of one image, (n,), given by their places."""
        return self._probability(self.blocks.ravel().take(place))

    def _probability(self, values: np.ndarray) -> np.ndarray:
        if not self.are_logits:
            return values
        result = np.negative(values)
        with np.errstate(over="ignore"):  # where exp is infinite, the probability is 0
            np.exp(result, out=result)
        result += 1
        return np.reciprocal(result, out=result)

    def _unfolded(self, blocks: np.ndarray, in_row: int) -> np.ndarray:
        """Return blocks with `in_row` values a row side by side, as (..., height, width)."""
        *images, rows, columns, _ = blocks.shape
        lines = blocks.reshape(*images, rows, columns, self.block, in_row).swapaxes(-3, -2)
        return np.ascontiguousarray(lines).reshape(*images, rows * self.block, columns * in_row)

    def _inside(self, image: np.ndarray) -> np.ndarray:
        height, width = self.shape
        return np.ascontiguousarray(image[..., :height, :width])
