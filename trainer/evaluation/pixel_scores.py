"""The paper's three measures of a segmentation, pixel by pixel."""

from __future__ import annotations

import numpy as np

from ...inference.instances import THRESHOLD
from ...inference.segmenter import Segmentation

PIXEL_SCORES = ("subset_accuracy", "f1", "jaccard")


def found_mask(found: Segmentation) -> np.ndarray:
    """Return where an engine's mask is, bool of the image's (height, width)."""
    return found.geometry.camera_image(found.mask_probability) >= THRESHOLD


def pixel_scores(found: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Compare two masks.

    Parameters
    ----------
    found, true
        bool, the same shape.

    Returns
    -------
    dict with `subset_accuracy` (share of pixels that agree; scikit-learn's `accuracy_score` of the
    flattened masks, as the paper uses it), `f1` and `jaccard`. Where neither mask has a pixel, F1
    and Jaccard index are 1: nothing was to be found, and nothing was.
    """
    overlap = float(np.count_nonzero(found & true))
    union = float(np.count_nonzero(found | true))
    total = float(np.count_nonzero(found) + np.count_nonzero(true))
    return {
        "subset_accuracy": float(np.mean(found == true)),
        "f1": 2 * overlap / total if total else 1.0,
        "jaccard": overlap / union if union else 1.0,
    }


def area_ratio(found: np.ndarray, true: np.ndarray) -> float:
    """Return the area of the found over that of the true mask, NaN where there is no true one."""
    total = np.count_nonzero(true)
    return np.count_nonzero(found) / total if total else float("nan")
