"""Shapes from areas and second moments, of many objects at once."""

from __future__ import annotations

import numpy as np

from .pixels import Runs
from .view import View

STRIPE_ELONGATION = 2.2
"""Ratio of a core's axes from which it is a stripe; a skyrmion about to stretch out has 2."""
CONVEX_FILL = 0.75
"""Share that a core fills of the ellipse with its second moments: 1 for a disc, 0.83 for a
triangle, the least of what is convex; less for a bow or a branch, and for a ragged one a little."""
SLIVER_EDGE = 0.7
"""Share of its length along which a sliver of a disc lies at the edge: 1 and more, a stripe that
runs into it 1 / `STRIPE_ELONGATION` and less."""


def diameter(area: np.ndarray) -> np.ndarray:
    """Return the diameter of the circle of this area."""
    return np.sqrt(4 / np.pi * area)


def axes(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return major and minor axis (full length) of the ellipse with these second moments.

    4 sqrt(eigenvalue) each, as scikit-image's `axis_major_length`.

    Parameters
    ----------
    covariance
        Shape (n, 2, 2), order (x, y).
    """
    xx, yy, xy = covariance[:, 0, 0], covariance[:, 1, 1], covariance[:, 0, 1]
    mean, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    return 4 * np.sqrt(np.maximum(mean + spread, 0)), 4 * np.sqrt(np.maximum(mean - spread, 0))


def orientation(covariance: np.ndarray) -> np.ndarray:
    """Return the angle between the row axis and the major axis, -pi/2 to pi/2 counter-clockwise.

    As scikit-image's `orientation`, in its image coordinates.
    """
    xx, yy, xy = covariance[:, 0, 0], covariance[:, 1, 1], covariance[:, 0, 1]
    angle = 0.5 * np.arctan2(2 * xy, yy - xx)
    return np.where(xx == yy, np.where(xy > 0, np.pi / 4, -np.pi / 4), angle)


def are_stripes(cores: Runs, count: int, cut: np.ndarray, view: View) -> np.ndarray:
    """Say of each of `count` cores whether it is a stripe: much longer than wide, or winding.

    What the frame's edge leaves of a skyrmion may be a sliver, much longer than wide too. So of
    what is cut only what is larger than the frame's skyrmions counts. In a labyrinth there are none
    to compare with: then a sliver is what lies along the edge, and does not wind.

    Parameters
    ----------
    cores
        Their runs.
    cut
        Bool, shape (count,): those at the frame's edge.
    view
        Where that edge is.
    """
    area, _, covariance = cores.moments(count)
    major, minor = axes(covariance + np.eye(2) / 12)  # a pixel is a square, not a point
    is_winding = area / (np.pi / 4 * major * minor) < CONVEX_FILL
    is_odd = is_winding | (major > STRIPE_ELONGATION * minor)
    skyrmions = area[~cut & ~is_odd]
    if len(skyrmions):
        may_be_skyrmion = area <= np.median(skyrmions)
    else:
        may_be_skyrmion = ~is_winding & (view.edge_lengths(cores, count) > SLIVER_EDGE * major)
    return is_odd & ~(cut & may_be_skyrmion)
