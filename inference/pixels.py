"""Pixels of many objects at once, and their sums (no loop over objects)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np


class Moments(NamedTuple):
    """Of n objects: `area` (n,), `centre` (n, 2) as (x, y), `covariance` (n, 2, 2) likewise."""

    area: np.ndarray
    centre: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True)
class OwnedPixels:
    """Some pixels of an image, in its order, and the objects that they belong to.

    Attributes
    ----------
    index
        Of the flat image, int64 of shape (n,).
    owner
        Number of the object, from 1, integer of the same shape.
    shape
        Of the image.
    """

    index: np.ndarray
    owner: np.ndarray
    shape: tuple[int, ...]

    @classmethod
    def where(cls, mask: np.ndarray, owner: np.ndarray) -> OwnedPixels:
        """Return the pixels that `mask` (uint8) has and an image `owner` gives to somebody."""
        index = np.flatnonzero(mask.view(bool))  # many times faster than of uint8
        return cls(index, owner.ravel()[index], mask.shape)

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of each pixel."""
        y = self.index // self.shape[1]
        return y, self.index - y * self.shape[1]

    def of(self, image: np.ndarray) -> np.ndarray:
        """Return the values that an image has there."""
        return image.ravel()[self.index]

    def means(self, image: np.ndarray, count: int) -> np.ndarray:
        """Return the mean of an image over each of `count` objects."""
        pixels = np.bincount(self.owner, minlength=count + 1)[1:]
        return np.bincount(self.owner, self.of(image), minlength=count + 1)[1:] / pixels

    def moments(self, weight: np.ndarray, count: int) -> Moments:
        """Return the moments of `count` objects whose pixels weigh `weight` (n,).

        Summed along each object's pixels of a row first: that is a sum of neighbours in memory.
        """
        y, x = self.places
        start = np.ones(len(y), bool)
        start[1:] = (self.owner[1:] != self.owner[:-1]) | (y[1:] != y[:-1])
        starts = np.flatnonzero(start)
        weight = weight.astype(np.float64)
        weighted = weight * x
        m, mx, mxx = (
            np.add.reduceat(values, starts) if len(starts) else np.zeros(0)
            for values in (weight, weighted, weighted * x)
        )
        return _moments(self.owner[starts], y[starts], m, mx, mxx, count)


def label_moments(labels: np.ndarray, count: int) -> Moments:
    """Return the moments of the objects of a label image, numbered from 1 to `count`.

    Sums along the runs of a label in a row are known in closed form.
    """
    height, width = labels.shape
    start = np.ones(labels.shape, bool)
    np.not_equal(labels[:, 1:], labels[:, :-1], out=start[:, 1:])
    starts = np.flatnonzero(start)
    length = np.diff(starts, append=height * width)
    owner = labels.ravel()[starts]
    taken = owner > 0
    y, first = np.divmod(starts[taken], width)
    n, first = length[taken].astype(np.float64), first.astype(np.float64)
    middle = first + (n - 1) / 2
    # sum of x^2 = n middle^2 + n (n^2 - 1) / 12
    squares = n * middle**2 + n * (n**2 - 1) / 12
    return _moments(owner[taken], y, n, n * middle, squares, count)


def _moments(
    owner: np.ndarray, y: np.ndarray, m: np.ndarray, mx: np.ndarray, mxx: np.ndarray, count: int
) -> Moments:
    """Return the moments from those of runs of pixels along a row: sums of 1, x and x^2."""

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(owner, values, minlength=count + 1)[1:]

    area = total(m)
    # An object without pixels cannot be: its own core has some.
    x_mean, y_mean = total(mx) / area, total(m * y) / area
    covariance = np.empty((count, 2, 2))
    covariance[:, 0, 0] = total(mxx) / area - x_mean**2
    covariance[:, 1, 1] = total(m * y * y) / area - y_mean**2
    covariance[:, 0, 1] = covariance[:, 1, 0] = total(mx * y) / area - x_mean * y_mean
    return Moments(area, np.stack([x_mean, y_mean], axis=1), covariance)
