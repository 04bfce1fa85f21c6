"""Which found object is which true one, and the measures that follow from it.

An object is found if its mask and a true one overlap with an intersection over union (IoU) above
one half. No object can have two such partners, so that nothing has to be assigned (Kirillov et al.,
Panoptic Segmentation, CVPR 2019).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MATCH_IOU = 0.5
"""Two objects are one if their IoU is larger."""

INVENTED_IOU = 0.1
"""What has a smaller IoU with every true object, and its centre in none, was never there."""


def overlaps(found: np.ndarray, true: np.ndarray) -> pd.DataFrame:
    """Return the IoU of all objects that share a pixel.

    Parameters
    ----------
    found, true
        Label images of one shape, any integer dtype, 0 is background.

    Returns
    -------
    One row a pair, columns `found` and `true` (labels), `iou`; ordered by `found`, then `true`.
    """
    found, true = found.ravel().astype(np.int64), true.ravel().astype(np.int64)
    area_found, area_true = np.bincount(found), np.bincount(true)
    both = (found > 0) & (true > 0)
    pair, shared = np.unique(found[both] * len(area_true) + true[both], return_counts=True)
    a, b = np.divmod(pair, len(area_true))
    return pd.DataFrame(
        {"found": a, "true": b, "iou": shared / (area_found[a] + area_true[b] - shared)}
    )


def matches(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return those pairs of `overlaps` that are one object."""
    return pairs.loc[pairs["iou"] > MATCH_IOU].reset_index(drop=True)


def are_invented(
    labels: np.ndarray, centres: np.ndarray, pairs: pd.DataFrame, true_mask: np.ndarray
) -> np.ndarray:
    """Say of found objects whether they are where nothing is.

    Parameters
    ----------
    labels
        Of the found objects, shape (n,).
    centres
        Theirs, shape (n, 2): y, x in pixels.
    pairs
        From `overlaps`.
    true_mask
        Bool (ny, nx).
    """
    best = pd.Series(pairs.groupby("found")["iou"].max()).reindex(labels, fill_value=0.0).to_numpy()
    limits = np.array(true_mask.shape) - 1
    y, x = np.clip(np.rint(centres).astype(int), 0, limits).T
    return (best < INVENTED_IOU) & ~true_mask[y, x]


# Of what there is nothing of, neither found nor to be found, every measure is perfect.


def average_precision(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> np.ndarray:
    """Return TP / (TP + FP + FN), the average precision of cell segmentation at one IoU."""
    return _ratio(tp, np.add(tp, fp) + fn, empty=1.0)


def panoptic_quality(
    iou_sum: np.ndarray, tp: np.ndarray, fp: np.ndarray, fn: np.ndarray
) -> np.ndarray:
    """Return the sum of the matches' IoU over TP + FP / 2 + FN / 2."""
    return _ratio(iou_sum, tp + np.add(fp, fn) / 2, empty=1.0)


def count_bias(n_found: np.ndarray, n_true: np.ndarray) -> np.ndarray:
    """Return (found - true) / true; NaN where there is nothing to be found, but something was."""
    empty = np.where(np.equal(n_found, 0), 0.0, np.nan)
    return _ratio(np.subtract(n_found, n_true, dtype=float), n_true, empty)


def _ratio(above: np.ndarray, below: np.ndarray, empty: np.ndarray | float) -> np.ndarray:
    above, below = np.asarray(above, float), np.asarray(below, float)
    return np.where(below > 0, above / np.where(below > 0, below, 1), empty)
