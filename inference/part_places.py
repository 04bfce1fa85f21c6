"""Where in a frame parts are cut out, from which all that is known of the whole is taken."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

PART = 128
"""Side of the parts, in binned pixels, whose spectra are averaged (Welch, 1967)."""

MOST_PARTS = 16
"""Of a large frame, so many parts spread over it are looked at."""

_STEP = 8
"""Binned pixels between places that are tried."""
_SMALLER = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Of the usual side, where no part of that lies inside."""
_INSIDE, _MOSTLY_INSIDE = 0.999, 0.93
"""Shares of a part that show the frame: of as many parts as can be, and of one at least. Smaller
parts make diameters come out less alike, ones that are half empty make them too small."""


class PartPlaces(NamedTuple):
    """Parts of a binned image: their (rows, columns), and their upper left pixels (y, x)."""

    shape: tuple[int, int]
    corners: np.ndarray

    @classmethod
    def over(cls, shape: tuple[int, int]) -> PartPlaces:
        """Return those side by side in an image of `shape`, at most `MOST_PARTS` of them."""
        height, width = shape
        rows, columns = min(PART, height), min(PART, width)
        down, across = height // rows, width // columns
        chosen = _spread(down * across)
        y, x = np.unravel_index(chosen, (down, across))
        return cls((rows, columns), np.column_stack([y * rows, x * columns]))

    @classmethod
    def within(cls, inside: np.ndarray) -> PartPlaces:
        """Return those that show the frame, in an image that it does not fill.

        Parameters
        ----------
        inside
            Share of each binned pixel that lies in the frame, float32 (height, width).
        """
        usual, total = min(PART, *inside.shape), cv2.integral(inside)
        sides = (max(1, int(usual * share)) for share in _SMALLER)
        side, shares = next(
            (
                tried
                for tried in ((side, _shares(total, side)) for side in sides)
                if tried[1].max() >= _MOSTLY_INSIDE
            ),
            (usual, _shares(total, usual)),
        )
        corners = _apart(_STEP * np.argwhere(shares >= min(shares.max(), _INSIDE)), side)
        return cls((side, side), corners[_spread(len(corners))])

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the parts of a binned image, shape (n, rows, columns)."""
        rows, columns = self.shape
        return np.stack([image[y : y + rows, x : x + columns] for y, x in self.corners])


def _shares(total: np.ndarray, side: int) -> np.ndarray:
    """Return how much of a square part at each place lies inside, from the sums up to there."""
    below, above = total[side::_STEP], total[:-side:_STEP]
    inner = below[:, side::_STEP] - below[:, :-side:_STEP]
    return (inner - above[:, side::_STEP] + above[:, :-side:_STEP]) / side**2


def _apart(corners: np.ndarray, side: int) -> np.ndarray:
    """Return those of the corners whose parts do not overlap with one that is taken before."""
    taken: list[np.ndarray] = []
    while len(corners):
        first = corners[0]
        taken.append(first)
        corners = corners[np.abs(corners - first).max(axis=1) >= side]
    return np.array(taken)


def _spread(count: int) -> np.ndarray:
    """Return at most `MOST_PARTS` of so many numbers, from first to last."""
    return np.linspace(0, count - 1, min(MOST_PARTS, count)).round().astype(int)
