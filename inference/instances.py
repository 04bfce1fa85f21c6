"""Two probability maps become instances: one connected core is one skyrmion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .pixels import OwnedPixels

THRESHOLD = 0.5
CORE_THRESHOLD = 0.4
"""Of a network's core map: it is unsure of small skyrmions, not wrong (docs/decisions/0009)."""
#: The label image is uint16.
MAX_INSTANCES = 65_535
#: Smaller cores are specks, not skyrmions.
_MIN_CORE_DIAMETER_NM = 8.0
_MIN_CORE_AREA_PX = 4.0
#: Width of a core's surroundings: wide enough for the blurred rim of a network's map, narrow
#: enough to leave out the neighbours' and the background's crumbs.
RIM_PX = 3


@dataclass(frozen=True)
class Instances:
    """Skyrmions of one image, numbered from 1, from top to bottom.

    Attributes
    ----------
    labels
        uint16 of shape (height, width): the instance of every mask pixel, 0 elsewhere.
    cores
        The pixels of the cores.
    surroundings
        Those and what lies at most `RIM_PX` off a core, given to the nearest one.
    count
        Number of instances.
    n_dropped
        Cores beyond the number that a label image can hold.
    """

    labels: np.ndarray
    cores: OwnedPixels
    surroundings: OwnedPixels
    count: int
    n_dropped: int = 0


def smallest_core_px(pixel_size_nm: float) -> float:
    """Return the area in pixels that a core has at least."""
    return max(_MIN_CORE_AREA_PX, math.pi / 4 * (_MIN_CORE_DIAMETER_NM / pixel_size_nm) ** 2)


def find_instances(
    mask_probability: np.ndarray,
    core_probability: np.ndarray,
    valid: np.ndarray | None = None,
    min_core_area: float = 4.0,
    core_threshold: float = THRESHOLD,
) -> Instances:
    """Part the mask among the cores.

    Cores are the connected components (8-neighbours) of `core_probability` >= `core_threshold`. A
    mask pixel belongs to its nearest core, provided that this core lies in the same connected
    component of the mask; a mask without a core belongs to nobody. Which core is nearest, and what
    is connected, is told of squares of 2 x 2 pixels, so that the border between two skyrmions that
    touch is a pixel uncertain.

    Parameters
    ----------
    mask_probability, core_probability
        float32 of shape (height, width).
    valid
        Bool of the same shape: where to look; None for everywhere.
    min_core_area
        Smaller cores are dropped, in pixels.
    core_threshold
        Cores are where the probability is at least that.
    """
    mask = (mask_probability >= THRESHOLD).view(np.uint8)
    core = (core_probability >= core_threshold).view(np.uint8)
    if valid is not None:
        mask &= valid.view(np.uint8)
        core &= valid.view(np.uint8)
    cores, n_dropped = _cores(core, min_core_area)
    if not len(cores.owner):
        return Instances(np.zeros(core.shape, np.uint16), cores, cores, 0, n_dropped)
    mask |= core
    # nearest cores and components of squares of 2 x 2 pixels cost a quarter of those of pixels
    squares = tuple((side + 1) // 2 for side in core.shape)
    y, x = cores.places
    square = (y >> 1) * squares[1] + (x >> 1)
    nearest = _nearest_owner(square, cores.owner, squares)
    labels = cv2.bitwise_and(
        _pixels_of_squares(_connected(nearest, square, cores.owner, mask), core.shape),
        mask * np.uint16(0xFFFF),
    )
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RIM_PX + 1, 2 * RIM_PX + 1))
    surroundings = OwnedPixels.where(
        cv2.dilate(core, disc), _pixels_of_squares(nearest, core.shape)
    )
    return Instances(labels, cores, surroundings, int(cores.owner.max()), n_dropped)


def _cores(core: np.ndarray, min_area: float) -> tuple[OwnedPixels, int]:
    """Remove small components in place; return the others, and how many want for numbers."""
    n_components, components = cv2.connectedComponents(core, connectivity=8)
    pixels = OwnedPixels.where(core, components)
    areas = np.bincount(pixels.owner, minlength=n_components)
    keep = areas >= min_area
    keep[0] = False
    excess = int(np.count_nonzero(keep)) - MAX_INSTANCES
    if excess > 0:
        candidates = np.flatnonzero(keep)
        smallest = candidates[np.argsort(areas[candidates], kind="stable")[:excess]]
        keep[smallest] = False
    number = (np.cumsum(keep) * keep).astype(np.uint16)
    owner = number[pixels.owner]
    core.ravel()[pixels.index[owner == 0]] = 0
    kept = owner > 0
    return OwnedPixels(pixels.index[kept], owner[kept], core.shape), max(excess, 0)


def _nearest_owner(square: np.ndarray, owner: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the owner of the nearest square that has one, uint16 of `shape`."""
    free = np.ones(shape, np.uint8)
    free.ravel()[square] = 0
    _, numbers = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.asarray(numbers, np.int32)
    of_source = np.zeros(int(source.max()) + 1, np.uint16)
    of_source[source.ravel()[square]] = owner
    return of_source.take(source)


def _connected(
    nearest: np.ndarray, square: np.ndarray, owner: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """Return `nearest`, 0 where the mask does not connect a square with its core."""
    rows, columns = nearest.shape
    bottom, right = 2 * rows - mask.shape[0], 2 * columns - mask.shape[1]
    even = cv2.copyMakeBorder(mask * 255, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=0)
    squares = cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA)
    _, blobs = cv2.connectedComponents(squares, connectivity=8)
    blob_of = np.zeros(int(owner.max()) + 1, np.int32)
    blob_of[owner] = blobs.ravel()[square]
    return nearest * (blob_of.take(nearest) == blobs)


def _pixels_of_squares(squares: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a map of squares of 2 x 2 pixels on each pixel."""
    rows, columns = squares.shape
    whole = cv2.resize(squares, (2 * columns, 2 * rows), interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(whole[: shape[0], : shape[1]])
