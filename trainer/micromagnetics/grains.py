"""Grains: a periodic Voronoi tessellation, as mumax3's `ext_makegrains` makes it."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree


def voronoi_grains(
    shape: tuple[int, int], cell_size_nm: float, grain_size_nm: float, rng: np.random.Generator
) -> np.ndarray:
    """Divide a film that is periodic in the plane into numbered grains.

    Centres are a Poisson process with one centre in `grain_size_nm` squared on average, at least
    one; a cell belongs to its nearest centre.

    Returns
    -------
    int16 array of `shape` (ny, nx), numbers from 0.
    """
    ny, nx = shape
    size_nm = np.array([ny, nx]) * cell_size_nm
    count = max(1, rng.poisson(size_nm.prod() / grain_size_nm**2))
    centres = rng.uniform(0, 1, (count, 2)) * size_nm
    y, x = np.indices(shape)
    cells = (np.stack([y.ravel(), x.ravel()], axis=1) + 0.5) * cell_size_nm
    _, nearest = KDTree(centres, boxsize=size_nm).query(cells)
    return nearest.reshape(shape).astype(np.int16)
