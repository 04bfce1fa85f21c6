"""How many skyrmions there are in an area, of which the border shows some only in part."""

from __future__ import annotations

import numpy as np

from .instances import Instances
from .view import View


def skyrmions_in_view(instances: Instances, is_stripe: np.ndarray, view: View) -> float:
    """Return the number of skyrmions in a view, by which a density comes out right.

    As many cores are cut that have their centre inside as that have it outside, so that a cut one
    is one half. Mask and core are not alike in that: a skyrmion whose mask alone is cut has its
    centre inside.

    Parameters
    ----------
    instances
        In engine geometry.
    is_stripe
        Those that are none, bool (count,).
    view
        Where they were found, and where that ends.
    """
    cut = view.edge_lengths(instances.cores, instances.count) > 0
    return float(np.where(cut, 0.5, 1.0)[~is_stripe].sum())
