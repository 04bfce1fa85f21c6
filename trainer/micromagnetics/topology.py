"""Topological charge of a film, which tells skyrmions from antiskyrmions and from bubbles."""

from __future__ import annotations

import numpy as np


def topological_charge(m: np.ndarray) -> np.ndarray:
    """Return the topological charge of each cell of a film that is periodic in the plane.

    The lattice form of (1 / 4 pi) m . (dm/dx x dm/dy): the solid angle, over 4 pi, of the two
    spherical triangles that the square of a cell and the next ones spans (Berg and Luescher, Nucl.
    Phys. B 190, 412, 1981). Its sum over the film is an integer. With the core along -z, as
    everywhere here, a skyrmion has -1, an antiskyrmion +1 and a bubble whose wall turns back 0.

    Parameters
    ----------
    m
        Unit vectors, shape (3, ny, nx), components x (columns), y (rows), z.

    Returns
    -------
    Shape (ny, nx), float64.
    """
    here = m.astype(np.float64)
    right, below = np.roll(here, -1, axis=2), np.roll(here, -1, axis=1)
    across = np.roll(right, -1, axis=1)
    return (_solid_angle(here, right, across) + _solid_angle(here, across, below)) / (4 * np.pi)


def _solid_angle(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Return the signed solid angle between three unit vectors each (van Oosterom, Strackee)."""
    volume = (a * np.cross(b, c, axis=0)).sum(axis=0)
    return 2 * np.arctan2(volume, 1 + (a * b + b * c + c * a).sum(axis=0))
