"""Two probability maps become instances: one connected core is one skyrmion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .pixels import Runs
from .probability_map import ProbabilityMap
from .side_by_side import beside
from .view import View

THRESHOLD = 0.5
CORE_THRESHOLD = 0.2
"""Of a network's core map: it is unsure where a small skyrmion's core is, not whether there is one
(docs/decisions/0017)."""
CUT_CORE_THRESHOLD = 0.4
"""Of a core that the edge of the view cuts, which a low one would widen into view
(docs/decisions/0024)."""
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
    masks
        Their runs.
    cores
        The runs of the cores.
    core_mean
        Mean of the core probability over each core, (count,).
    core_area, centre
        Sum of the core probability over its surroundings, (count,), and their centroid (x, y),
        (count, 2). The surroundings are what lies at most `RIM_PX` off a core and nearest to it.
    count
        Number of instances.
    n_dropped
        Cores beyond the number that a label image can hold.
    """

    labels: np.ndarray
    masks: Runs
    cores: Runs
    core_mean: np.ndarray
    core_area: np.ndarray
    centre: np.ndarray
    count: int
    n_dropped: int = 0

    def touching(self, edge: np.ndarray) -> np.ndarray:
        """Say which have a pixel at the edge, flat indices of such pixels; bool (count,)."""
        touching = np.zeros(self.count + 1, bool)
        touching[self.labels.ravel()[edge]] = True
        return touching[1:]

    def only(self, kept: np.ndarray) -> Instances:
        """Return those that `kept`, bool (count,), takes, numbered anew; itself if that is all."""
        if kept.all():
            return self
        number = np.concatenate([[0], np.cumsum(kept) * kept]).astype(np.uint16)
        masks, cores = (
            runs.owned_by(number[runs.owner]).where(number[runs.owner] > 0)
            for runs in (self.masks, self.cores)
        )
        mean, area, centre = (
            values[kept] for values in (self.core_mean, self.core_area, self.centre)
        )
        count = int(np.count_nonzero(kept))
        labels = number.take(self.labels)
        return Instances(labels, masks, cores, mean, area, centre, count, self.n_dropped)


def smallest_core_px(pixel_size_nm: float) -> float:
    """Return the area in pixels that a core has at least."""
    return max(_MIN_CORE_AREA_PX, math.pi / 4 * (_MIN_CORE_DIAMETER_NM / pixel_size_nm) ** 2)


def find_instances(
    mask_probability: np.ndarray | ProbabilityMap,
    core_probability: np.ndarray | ProbabilityMap,
    view: View | None = None,
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
        Maps of one image, or float32 of shape (height, width).
    view
        Where to look, and where that ends; None for the whole image.
    min_core_area
        Smaller cores are dropped, in pixels.
    core_threshold
        Cores are where the probability is at least that; those that the edge cuts are large enough
        by `CUT_CORE_THRESHOLD`, if that is more.
    """
    core_map = ProbabilityMap.of(core_probability)
    coming = beside(ProbabilityMap.of(mask_probability).at_least, THRESHOLD)
    core = core_map.at_least(core_threshold)
    view = view or View.whole(core.shape)
    if view.inside is not None:
        core &= view.inside
    cores, n_dropped = _cores(core, core_map, view.edge, min_core_area)
    mask = coming.result()
    if view.inside is not None:
        mask &= view.inside
    count = int(cores.owner.max(initial=0))
    if count == 0:
        nobody, nothing = np.zeros(core.shape, np.uint16), np.zeros(0)
        nowhere = np.zeros((0, 2))
        return Instances(nobody, cores, cores, nothing, nothing, nowhere, 0, n_dropped)

    # nearest cores and components of squares of 2 x 2 pixels cost a quarter of those of pixels
    owners = _owners_of_squares(cores)
    coming = beside(_nearest_owner, owners)
    mask |= core
    blobs = _blobs(mask)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RIM_PX + 1, 2 * RIM_PX + 1))
    near = cv2.dilate(core.view(np.uint8), disc)
    around = Runs.of(near.view(bool))
    weight = around.of_image(core_map).astype(np.float64)
    core_mean = cores.per_object(cores.sums_inside(around, weight), count)
    core_mean /= cores.per_object(cores.length, count)
    nearest = coming.result()

    def centres() -> tuple[np.ndarray, np.ndarray]:
        return Runs.of(_on_pixels(nearest, near)).weighted(weight, count)

    coming = beside(centres)
    labels = _on_pixels(_connected(nearest, owners, blobs), mask.view(np.uint8))
    masks = Runs.of(labels)
    core_area, centre = coming.result()
    return Instances(labels, masks, cores, core_mean, core_area, centre, count, n_dropped)


def _cores(
    core: np.ndarray, core_map: ProbabilityMap, edge: np.ndarray, min_area: float
) -> tuple[Runs, int]:
    """Remove small components in place; return the others, and how many want for numbers.

    Of one that the edge cuts, only what is above `CUT_CORE_THRESHOLD` has a size.
    """
    runs = Runs.of(core)
    n_components, component = runs.components()
    areas = np.bincount(component, runs.length, minlength=n_components)
    is_cut = np.zeros(n_components, bool)
    is_cut[component[runs.at(edge[core.ravel()[edge]])]] = True
    of_cut = runs.owned_by(component + 1).where(is_cut[component])
    sure = of_cut.sums(of_cut.of_image(core_map) >= CUT_CORE_THRESHOLD)
    areas = np.where(is_cut, of_cut.per_object(sure, n_components), areas)
    keep = areas >= min_area
    excess = int(np.count_nonzero(keep)) - MAX_INSTANCES
    if excess > 0:
        candidates = np.flatnonzero(keep)
        smallest = candidates[np.argsort(areas[candidates], kind="stable")[:excess]]
        keep[smallest] = False
    owner = (np.cumsum(keep) * keep)[component]
    specks = runs.where(owner == 0)
    core.ravel()[specks.places] = False
    return runs.owned_by(owner).where(owner > 0), max(excess, 0)


def _owners_of_squares(cores: Runs) -> np.ndarray:
    """Return the core that has a pixel in each square, 0 for none, uint16 of half the size."""
    height, width = ((side + 1) // 2 for side in cores.shape)
    first = cores.first // 2
    last = (cores.first + cores.length - 1) // 2
    squares = Runs(cores.y // 2, first, last - first + 1, cores.owner, (height, width))
    owners = np.zeros((height, width), np.uint16)
    owners.ravel()[squares.places] = np.repeat(squares.owner, squares.length)
    return owners


def _nearest_owner(owners: np.ndarray) -> np.ndarray:
    """Return the owner of the nearest square that has one, uint16 of the same shape."""
    _, numbers = cv2.distanceTransformWithLabels(
        (owners == 0).view(np.uint8),
        cv2.DIST_L2,
        cv2.DIST_MASK_5,
        labelType=cv2.DIST_LABEL_PIXEL,
    )
    source = np.asarray(numbers, np.int32)
    owned = np.flatnonzero(owners.ravel())
    of_source = np.zeros(len(owned) + 1, np.uint16)
    of_source[source.ravel()[owned]] = owners.ravel()[owned]
    return of_source.take(source)


def _blobs(mask: np.ndarray) -> np.ndarray:
    """Return the component of each square in which the mask has a pixel, int32 of half the size."""
    height, width = mask.shape
    even = np.pad(mask, ((0, height % 2), (0, width % 2))) if height % 2 or width % 2 else mask
    pairs = (even[::2] | even[1::2]).view(np.uint16) != 0
    return np.asarray(cv2.connectedComponents(pairs.view(np.uint8), connectivity=8)[1])


def _connected(nearest: np.ndarray, owners: np.ndarray, blobs: np.ndarray) -> np.ndarray:
    """Return `nearest`, 0 in squares of the mask that it does not connect with their core."""
    owned = np.flatnonzero(owners.ravel())
    of_owner = owners.ravel()[owned]
    blob_of = np.zeros(int(of_owner.max()) + 1, np.int32)
    blob_of[of_owner] = blobs.ravel()[owned]
    masked = np.flatnonzero(blobs.ravel())
    wrong = masked[blob_of[nearest.ravel()[masked]] != blobs.ravel()[masked]]
    connected = nearest.copy()
    connected.ravel()[wrong] = 0
    return connected


def _on_pixels(squares: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return a map of squares of 2 x 2 pixels on those pixels that `where` (uint8) has, else 0."""
    rows, columns = squares.shape
    height, width = where.shape
    whole = cv2.resize(squares, (2 * columns, 2 * rows), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.copyTo(whole[:height, :width], where))
