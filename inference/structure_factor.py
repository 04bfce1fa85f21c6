"""The period of a lattice from the places of its skyrmions: where their structure factor peaks.

    S(q) = |sum over j of exp(-2 pi i q r_j)|^2 / n

The power spectrum of an image has a ring there too, but weighed by what the optics and the shape of
a skyrmion leave of each wave, which moves the ring of a disordered lattice. S(q) knows of places
alone.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..stream.errors import UserError

_WIDEST = 1.6
"""Times the wave number of the ideal lattice of that density; its second ring is at 1.73."""

_LOWEST = 0.6
_BINS = 100

_COVERED = 0.75
"""Neighbour distances around a skyrmion."""


def structure_factor(points: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return wave numbers, in cycles per pixel, and S(q) averaged over all directions.

    It is 1 where there is no order. Wave numbers reach from 0.6 to 1.6 times that of the first peak
    of the ideal triangular lattice of the same density.

    Parameters
    ----------
    points
        Shape (n, 2), (x, y) in pixels of `window`, whose pixels are square on the sample.
    window
        Shape (height, width): the weight that a skyrmion has at each place, 0 where none is looked
        for and rising smoothly from there, or the edge has a spectrum of its own.

    Raises
    ------
    UserError
        Fewer than 30 points lie in the window.
    """
    x, y = np.rint(points).astype(int).T
    inside = (x >= 0) & (y >= 0) & (y < window.shape[0]) & (x < window.shape[1])
    x, y = x[inside], y[inside]
    weight = window[y, x].astype(np.float64)
    if np.count_nonzero(weight) < 30:
        raise UserError("There are too few skyrmions to see the period of a lattice in them.")
    density = weight.sum() / window.sum()
    places = -density * window.astype(np.float64)  # so that the mean has no spectrum
    np.add.at(places, (y, x), weight)
    power = np.abs(np.fft.fft2(places)) ** 2 / (weight**2).sum()
    radius = np.hypot(*np.meshgrid(*(np.fft.fftfreq(side) for side in window.shape), indexing="ij"))
    # the spacing a of a triangular lattice of this density, and its first peak at 2 / (sqrt(3) a)
    ideal = math.sqrt(2 / math.sqrt(3) * density)
    edges = np.linspace(_LOWEST * ideal, _WIDEST * ideal, _BINS + 1)
    ring = np.digitize(radius.ravel(), edges) - 1
    known = (ring >= 0) & (ring < _BINS)
    size = np.bincount(ring[known], minlength=_BINS)
    total = np.bincount(ring[known], power.ravel()[known], _BINS)
    middle = (edges[1:] + edges[:-1]) / 2
    return middle[size > 0], total[size > 0] / size[size > 0]


def lattice_period(points: np.ndarray, window: np.ndarray) -> tuple[float, float]:
    """Return the neighbour distance of the triangular lattice with this peak, and its height.

    In pixels of `window`: 2 / (sqrt(3) q), q the centre of the peak above half its height.
    Skyrmions that are missed, or found where none are, do not move it as long as chance chooses
    them. The lower the peak, the less a density follows from its place: below some 4 there is no
    lattice to speak of. Parameters as of `structure_factor`.
    """
    wave_number, structure = structure_factor(points, window)
    height = float(structure.max())
    above = np.maximum(structure - height / 2, 0)
    return 2 / (math.sqrt(3) * float((wave_number * above).sum() / above.sum())), height


def covered(points: np.ndarray, view: np.ndarray, distance: float) -> np.ndarray:
    """Return where in view skyrmions so far apart are, bool (height, width).

    Parameters
    ----------
    points
        Shape (n, 2), (x, y) in pixels.
    view
        Bool, shape (height, width).
    distance
        Between neighbours, in pixels; a gap of one skyrmion is still covered.
    """
    away = np.ones(view.shape, np.uint8)
    x, y = np.rint(points).astype(int).T
    away[np.clip(y, 0, view.shape[0] - 1), np.clip(x, 0, view.shape[1] - 1)] = 0
    return (cv2.distanceTransform(away, cv2.DIST_L2, 5) < _COVERED * distance) & view


def implied_count(area: np.ndarray, distance: float) -> float:
    """Return how many skyrmions a triangular lattice so far apart has on an area (`covered`)."""
    return np.count_nonzero(area) / (math.sqrt(3) / 2 * distance**2)
