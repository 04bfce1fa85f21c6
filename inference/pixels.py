"""Pixels of many objects at once, and their sums (no loop over objects)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .probability_map import ProbabilityMap


class Moments(NamedTuple):
    """Of n objects: `area` (n,), `centre` (n, 2) as (x, y), `covariance` (n, 2, 2) likewise."""

    area: np.ndarray
    centre: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True)
class Runs:
    """Pixels of objects, as runs along the rows of an image, in its order.

    There are some twenty times fewer runs than pixels, and sums along a run are known in closed
    form.

    Attributes
    ----------
    y, first, length
        Row, first column and number of pixels of each run, int64 of shape (n,).
    owner
        Number of the object that it belongs to, from 1, integer of the same shape.
    shape
        (height, width) of the image.
    """

    y: np.ndarray
    first: np.ndarray
    length: np.ndarray
    owner: np.ndarray
    shape: tuple[int, int]

    @classmethod
    def of(cls, labels: np.ndarray) -> Runs:
        """Return the runs of an image of objects' numbers, or of a bool one; 0 is nobody."""
        height, width = labels.shape
        flat = labels.ravel()
        starts_here = np.empty(labels.size, bool)
        np.not_equal(flat[1:], flat[:-1], out=starts_here[1:])
        starts_here[::width] = True
        start = np.flatnonzero(starts_here)
        owner = flat[start]
        length = np.diff(start, append=labels.size)
        taken = np.flatnonzero(owner)
        start = start[taken]
        y = start // width  # numpy's divmod is many times slower
        return cls(y, start - y * width, length[taken], owner[taken], (height, width))

    def where(self, taken: np.ndarray) -> Runs:
        """Return some of them, by a bool array (n,)."""
        y, first, length, owner = (
            part[taken] for part in (self.y, self.first, self.length, self.owner)
        )
        return Runs(y, first, length, owner, self.shape)

    def owned_by(self, owner: np.ndarray) -> Runs:
        """Return them with other owners."""
        return Runs(self.y, self.first, self.length, owner, self.shape)

    @cached_property
    def first_places(self) -> np.ndarray:
        """Index of each run's first pixel in the flat image, (n,)."""
        return self.y * self.shape[1] + self.first

    def at(self, places: np.ndarray) -> np.ndarray:
        """Return which run each pixel lies in, given by its index in the flat image."""
        return np.searchsorted(self.first_places, places, "right") - 1

    def owners_at(self, places: np.ndarray) -> np.ndarray:
        """Return whose each pixel is, given by its index in the flat image; 0 is nobody."""
        if not len(self.y):
            return np.zeros(len(places), self.owner.dtype)
        run = self.at(places)  # -1 before the first one
        inside = places - self.first_places[run] < self.length[run]
        return np.where(inside & (run >= 0), self.owner[run], 0)

    @cached_property
    def starts(self) -> np.ndarray:
        """Place of each run's first pixel among all pixels, (n,)."""
        return np.cumsum(self.length) - self.length

    @cached_property
    def columns(self) -> np.ndarray:
        """Column of each pixel, in the order of the runs."""
        x = np.repeat(self.first - self.starts, self.length)
        x += np.arange(len(x))
        return x

    @property
    def places(self) -> np.ndarray:
        """Index of each pixel in the flat image."""
        places = np.repeat(self.first_places - self.starts, self.length)
        places += np.arange(len(places))
        return places

    def of_image(self, image: np.ndarray | ProbabilityMap) -> np.ndarray:
        """Return the values that an image has at each pixel."""
        if isinstance(image, ProbabilityMap):
            in_row, in_column = image.offsets()
            index = in_column.take(self.columns)
            index += np.repeat(in_row.take(self.y), self.length)
            return image.at(index)
        return image.ravel().take(self.places)

    def components(self) -> tuple[int, np.ndarray]:
        """Return how many connected components they form (8 neighbours), and that of each run.

        From 0, in the order of their first runs; owners do not count.
        """
        n = len(self.y)
        row = self.shape[1] + 2  # so that a row's end does not touch the next one's beginning
        start = self.y * row + self.first
        stop = start + self.length
        # the runs below from the one that ends at `start` - 1 or later to that from `stop` on
        low = np.searchsorted(stop, start + row, "left")
        count = np.searchsorted(start, stop + row, "right") - low
        upper = np.repeat(np.arange(n), count)
        lower = np.arange(len(upper)) + np.repeat(low - (np.cumsum(count) - count), count)
        touching = coo_array((np.ones(len(upper), np.int8), (upper, lower)), shape=(n, n))
        return connected_components(touching, directed=False)

    def means(self, values: np.ndarray, count: int) -> np.ndarray:
        """Return the mean over each of `count` objects of values (pixels,) as of `of_image`."""
        return self.per_object(self.sums(values), count) / self.per_object(self.length, count)

    def sums_inside(self, outer: Runs, values: np.ndarray) -> np.ndarray:
        """Return the sums over each run, float64 (n,), of values that the pixels of `outer` have.

        Parameters
        ----------
        outer
            Runs of the same image, in which all of these lie.
        values
            In the order of their pixels.
        """
        before = np.zeros(len(values) + 1)
        np.cumsum(values, out=before[1:])
        run = outer.at(self.first_places)
        place = outer.starts[run] + self.first_places - outer.first_places[run]
        return before[place + self.length] - before[place]

    def moments(self, count: int) -> Moments:
        """Return the moments of `count` objects."""
        n = self.length.astype(np.float64)
        middle = self.first + (n - 1) / 2
        # sums over a run: of x, n middle; of x^2, n middle^2 + n (n^2 - 1) / 12
        mx, mxx = n * middle, n * middle**2 + n * (n**2 - 1) / 12
        area = self.per_object(n, count)
        # An object without pixels cannot be: its own core has some.
        x, y = self.per_object(mx, count) / area, self.per_object(n * self.y, count) / area
        covariance = np.empty((count, 2, 2))
        covariance[:, 0, 0] = self.per_object(mxx, count) / area - x**2
        covariance[:, 1, 1] = self.per_object(n * self.y * self.y, count) / area - y**2
        covariance[:, 0, 1] = self.per_object(mx * self.y, count) / area - x * y
        covariance[:, 1, 0] = covariance[:, 0, 1]
        return Moments(area, np.stack([x, y], axis=1), covariance)

    def weighted(self, weight: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return total weight (count,) and centre (count, 2), (x, y), of `count` objects.

        Parameters
        ----------
        weight
            Of each pixel, in their order.
        """
        m = self.sums(weight)
        mx = self.sums(weight * self.columns)
        area = self.per_object(m, count)
        centre = self.per_object(mx, count), self.per_object(m * self.y, count)
        return area, np.stack(centre, axis=1) / area[:, np.newaxis]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sums over each run of values of the pixels, float64 (n,)."""
        if not len(self.length):
            return np.zeros(0)
        return np.add.reduceat(values.astype(np.float64, copy=False), self.starts)

    def per_object(self, values: np.ndarray, count: int) -> np.ndarray:
        """Return the sums over each object of values of the runs."""
        return np.bincount(self.owner, values, minlength=count + 1)[1:]
