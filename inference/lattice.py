"""Neighbours and hexatic order of the skyrmions in one frame."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay, QhullError


def lattice_order(points: np.ndarray, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of Voronoi neighbours and |psi6| of every point.

    Neighbours are those of the (open) Voronoi diagram. psi6 is the mean of exp(6 i theta) over the
    bonds to them (Nelson and Halperin, Phys. Rev. B 19, 2457, 1979). At the edge it is NaN: for
    points on the convex hull, and wherever a neighbour out of view could change the neighbourhood,
    that is where the circumcircle of an adjoining Delaunay triangle leaves the view. There
    `n_neighbours` counts the neighbours in view.

    Parameters
    ----------
    points
        Shape (n, 2), (x, y) in the sample plane.
    view
        Shape (m, 2): the corners, in order, of the convex region in view, in the same units.

    Returns
    -------
    n_neighbours
        int64 of shape (n,).
    psi6_abs
        float64 of shape (n,), 0 to 1 or NaN.
    """
    n_points = len(points)
    n_neighbours = np.zeros(n_points, np.int64)
    psi6_abs = np.full(n_points, np.nan)
    if n_points < 2:
        return n_neighbours, psi6_abs
    try:
        triangulation = Delaunay(points) if n_points > 2 else None
    except QhullError:
        triangulation = None
    if triangulation is None:  # two points, or all on one line
        pairs = _chain(points)
        return np.bincount(pairs.ravel(), minlength=n_points), psi6_abs

    corners = triangulation.simplices
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]))
    # one number a pair: unique rows cost ten times as much
    pairs = np.stack(np.divmod(np.unique(pairs @ np.array([n_points, 1])), n_points), axis=1)
    n_neighbours = np.bincount(pairs.ravel(), minlength=n_points)
    inside = n_neighbours > 0  # points that coincide with another one have no triangle
    inside[triangulation.convex_hull] = False
    inside[corners[~_circles_in_view(points[corners], view)]] = False
    psi6_abs[inside] = _hexatic(points, pairs)[inside]
    return n_neighbours, psi6_abs


def _chain(points: np.ndarray) -> np.ndarray:
    """Return the pairs of successive points along the line that they are on."""
    centred = points - points.mean(axis=0)
    direction = np.linalg.svd(centred, full_matrices=False)[2][0]
    order = np.argsort(centred @ direction)
    return np.stack([order[:-1], order[1:]], axis=1)


def _circles_in_view(triangles: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Tell for triangles (n, 3, 2) whether their circumcircles lie in the convex region."""
    origin = triangles[:, 0]
    b, c = triangles[:, 1] - origin, triangles[:, 2] - origin
    bb, cc = (b**2).sum(axis=1), (c**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):  # flat triangles: infinite circles
        scale = 0.5 / (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
        offset = np.stack(
            [(c[:, 1] * bb - b[:, 1] * cc) * scale, (b[:, 0] * cc - c[:, 0] * bb) * scale], axis=1
        )
        centre, radius = origin + offset, np.hypot(offset[:, 0], offset[:, 1])
        edge = np.roll(view, -1, axis=0) - view
        normal = np.stack([-edge[:, 1], edge[:, 0]], axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        normal *= np.sign(((view.mean(axis=0) - view) * normal).sum(axis=1))[:, None]  # inwards
        depth = centre @ normal.T - (view * normal).sum(axis=1)
        return (depth >= radius[:, None]).all(axis=1)


def _hexatic(points: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return |psi6| of all points for these bonds (m, 2)."""
    bond = points[pairs[:, 1]] - points[pairs[:, 0]]
    direction = (bond[:, 0] + 1j * bond[:, 1]) / np.hypot(bond[:, 0], bond[:, 1])
    sixfold = (direction * direction * direction) ** 2  # the same seen from the other end

    def at_points(values: np.ndarray) -> np.ndarray:
        ends = (np.bincount(end, values, minlength=len(points)) for end in pairs.T)
        return sum(ends, start=np.zeros(len(points)))

    bonds = np.maximum(at_points(np.ones(len(pairs))), 1)
    return np.hypot(at_points(sixfold.real), at_points(sixfold.imag)) / bonds
