"""Two probability maps become instances: one connected core is one skyrmion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

THRESHOLD = 0.5
#: The label image is uint16.
MAX_INSTANCES = 65_535
#: Smaller cores are specks, not skyrmions.
_MIN_CORE_DIAMETER_NM = 8.0
_MIN_CORE_AREA_PX = 4.0


@dataclass(frozen=True)
class Instances:
    """Skyrmions of one image, numbered from 1 in the order of their first row.

    Attributes
    ----------
    labels
        int32 of shape (height, width): the instance of every mask pixel, 0 elsewhere.
    nearest
        int32 of the same shape: the instance whose core is nearest, everywhere; 0 without any core.
    core_distance
        float32 of the same shape: distance to that core in pixels, 0 inside (within 2 %).
    count
        Number of instances.
    n_dropped
        Cores beyond the number that a label image can hold.
    """

    labels: np.ndarray
    nearest: np.ndarray
    core_distance: np.ndarray
    count: int
    n_dropped: int = 0


def smallest_core_px(pixel_size_nm: float) -> float:
    """Return the area in pixels that a core has at least."""
    return max(_MIN_CORE_AREA_PX, math.pi / 4 * (_MIN_CORE_DIAMETER_NM / pixel_size_nm) ** 2)


def pixel_points(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (x, y) of the non-zero pixels of a uint8 image, int32 of shape (n,) each."""
    points = cv2.findNonZero(mask)
    if points is None:  # OpenCV's answer to an empty mask
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    points = points.reshape(-1, 2)
    return points[:, 0], points[:, 1]


def find_instances(
    mask_probability: np.ndarray,
    core_probability: np.ndarray,
    valid: np.ndarray | None = None,
    min_core_area: float = 4.0,
) -> Instances:
    """Part the mask among the cores.

    Cores are the connected components (8-neighbours) of `core_probability` >= 0.5. A mask pixel
    belongs to its nearest core, provided that this core lies in the same connected component of the
    mask; a mask without a core belongs to nobody.

    Parameters
    ----------
    mask_probability, core_probability
        float32 of shape (height, width).
    valid
        Bool of the same shape: where to look; None for everywhere.
    min_core_area
        Smaller cores are dropped, in pixels.
    """
    mask = (mask_probability >= THRESHOLD).view(np.uint8)
    core = (core_probability >= THRESHOLD).view(np.uint8)
    if valid is not None:
        mask &= valid.view(np.uint8)
        core &= valid.view(np.uint8)
    n_dropped = _drop_small(core, min_core_area)
    x, y = pixel_points(core)
    if len(x) == 0:
        shape = core.shape
        blank = np.zeros(shape, np.int32)
        return Instances(blank, blank, np.full(shape, np.inf, np.float32), 0, n_dropped)

    # The distance transform numbers the components of its zero pixels, the cores, itself.
    distance, nearest = cv2.distanceTransformWithLabels(
        core ^ 1, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_CCOMP
    )
    count = int(nearest.max())
    mask |= core
    _, blobs = cv2.connectedComponents(mask, connectivity=8)
    blob_of = np.zeros(count + 1, np.int32)
    blob_of[np.asarray(nearest[y, x], np.int32)] = blobs[y, x]
    x, y = pixel_points(mask)
    owner = np.asarray(nearest[y, x], np.int32)
    owner[blob_of[owner] != blobs[y, x]] = 0
    labels = np.zeros_like(nearest)
    labels[y, x] = owner
    return Instances(labels, nearest, distance, count, n_dropped)


def _drop_small(core: np.ndarray, min_area: float) -> int:
    """Remove small components in place; return how many were dropped for want of numbers."""
    n_labels, components = cv2.connectedComponents(core, connectivity=8)
    x, y = pixel_points(core)
    owner = np.asarray(components[y, x], np.int32)
    areas = np.bincount(owner, minlength=n_labels)
    keep = areas >= min_area
    keep[0] = False
    excess = int(np.count_nonzero(keep)) - MAX_INSTANCES
    if excess > 0:
        candidates = np.flatnonzero(keep)
        smallest = candidates[np.argsort(areas[candidates], kind="stable")[:excess]]
        keep[smallest] = False
    lost = ~keep[owner]
    core[y[lost], x[lost]] = 0
    return max(excess, 0)
