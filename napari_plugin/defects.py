"""Where the lattice is not sixfold, and the bonds between neighbours."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import Delaunay, QhullError

_LONGEST_BOND = 2.0  # over the median: longer ones only close the hull


def defects(table: pd.DataFrame, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places with too few and with too many neighbours.

    At the edge of the lattice, where |psi6| is NaN, and at the border of the frame the number of
    neighbours in view says nothing; these are left out, and stripes too.

    Parameters
    ----------
    table
        n rows, columns as `TABLE_DTYPES`.
    shown
        bool of shape (n,); the others are left out.

    Returns
    -------
    tuple
        Centres y, x in pixels with five neighbours or fewer, shape (m, 2), and with seven or more,
        shape (k, 2).
    """
    inside = (
        shown
        & np.isfinite(table["psi6_abs"].to_numpy())
        & ~table["touches_border"].to_numpy()
        & ~table["is_stripe"].to_numpy()
    )
    neighbours = table["n_neighbours"].to_numpy()
    centres = table[["y", "x"]].to_numpy()
    return centres[inside & (neighbours < 6)], centres[inside & (neighbours > 6)]


def bonds(table: pd.DataFrame) -> np.ndarray:
    """Return the Delaunay bonds between the centres, float64 of shape (m, 2, 2): ends as x, y.

    Neighbours are found in the plane of the sample where positions in nm are known, as the
    analysis does; bonds beyond twice the median length are left out.
    """
    pixels = table[["x", "y"]].to_numpy()
    points = table[["x_nm", "y_nm"]].to_numpy()
    if not np.isfinite(points).all():
        points = pixels
    if len(points) < 3:
        return np.empty((0, 2, 2))
    try:
        corners = Delaunay(points).simplices
    except QhullError:  # all on one line
        return np.empty((0, 2, 2))
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]))
    pairs = np.stack(np.divmod(np.unique(pairs @ [len(points), 1]), len(points)), axis=1)
    length = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    return pixels[pairs[length <= _LONGEST_BOND * np.median(length)]]
