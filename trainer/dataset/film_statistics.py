"""What a relaxed film looks like, in numbers: skyrmions, their size, their order, or none."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

STRIPE_AREA_OVER_DISC = 2.5
_REPEATED = 32
"""Cells of a periodic map that are looked at beyond its border, where that is enough."""


def periodic_components(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the connected regions of a periodic boolean map.

    Returns
    -------
    labels : int array as `mask`, from 1, the same number on both sides of a border
    areas : float array (regions,), in cells
    centres : float array (regions, 2), y and x in cells, by circular mean
    """
    labels = np.zeros(mask.shape, dtype=np.int32)
    count = int(np.asarray(ndimage.label(mask, output=labels)))
    same = np.arange(count + 1)

    def root(number: int) -> int:
        while same[number] != number:
            number = same[number]
        return number

    for first, last in ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1])):
        touching = (first > 0) & (last > 0)
        for a, b in set(zip(first[touching].tolist(), last[touching].tolist(), strict=True)):
            same[max(root(a), root(b))] = min(root(a), root(b))
    _, merged = np.unique([root(number) for number in range(count + 1)], return_inverse=True)
    labels = merged[labels]
    count = int(merged.max())
    places = np.nonzero(labels)
    owner = labels[places]
    areas = np.bincount(owner, minlength=count + 1)[1:].astype(float)
    centres = np.empty((count, 2))
    for axis, size in enumerate(mask.shape):
        angle = 2 * np.pi * np.arange(size) / size
        sine, cosine = (
            np.bincount(owner, of[places[axis]], count + 1)[1:]
            for of in (np.sin(angle), np.cos(angle))
        )
        centres[:, axis] = (np.arctan2(sine, cosine) % (2 * np.pi)) * size / (2 * np.pi)
    return labels, areas, centres


def open_components(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the connected regions of a boolean map that ends at its borders.

    Returns
    -------
    labels, areas, centres : as from `periodic_components`, centres by plain mean
    """
    labels = np.zeros(mask.shape, dtype=np.int32)
    count = int(np.asarray(ndimage.label(mask, output=labels)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:].astype(float)
    y, x = np.indices(mask.shape)
    sums = [np.bincount(labels.ravel(), along.ravel(), count + 1)[1:] for along in (y, x)]
    return labels, areas, np.stack(sums, axis=1) / areas[:, None]


def connected_regions(
    mask: np.ndarray, periodic: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the connected regions of a periodic or an open boolean map."""
    return periodic_components(mask) if periodic else open_components(mask)


def nearest_distances(centres: np.ndarray, box: np.ndarray | None) -> np.ndarray:
    """Return the distance of each point to its nearest neighbour, shape (points,).

    Parameters
    ----------
    centres
        Shape (points, 2), two points at least.
    box
        Lengths, in the unit of `centres`, after which the points repeat; None if they do not.
    """
    points = centres if box is None else centres % box
    return KDTree(points, boxsize=box).query(points, k=2)[0][:, 1]


def film_statistics(mz: np.ndarray, cell_size_nm: float, periodic: bool = True) -> dict[str, Any]:
    """Describe a film by the regions where Mz < 0, in a background along +z.

    Parameters
    ----------
    mz
        Shape (ny, nx).
    periodic
        Whether the film repeats in the plane, or ends at its borders.

    Returns
    -------
    dict with `skyrmions` (compact regions), `stripes` (the others), `mean_diameter_nm` of the
    skyrmions' contour Mz = 0, and `regularity`: mean distance to the nearest neighbour over that of
    the ideal triangular lattice of the same density (None below 6 regions, or with stripes; in an
    open film the lattice is held against the whole of the film).
    """
    mask = mz < 0
    labels, areas, centres = connected_regions(mask, periodic)
    if len(areas) == 0:
        return {"skyrmions": 0, "stripes": 0, "mean_diameter_nm": None, "regularity": None}
    stripes = are_stripes(labels, areas, periodic)
    radius = np.sqrt(areas[~stripes] / np.pi)
    regularity = None
    if len(areas) >= 6 and not stripes.any():
        box = np.array(mz.shape, dtype=float) if periodic else None
        ideal = np.sqrt(2 / np.sqrt(3) * mz.size / len(areas))
        regularity = float(nearest_distances(centres, box).mean() / ideal)
    return {
        "skyrmions": int((~stripes).sum()),
        "stripes": int(stripes.sum()),
        "mean_diameter_nm": float(2 * radius.mean() * cell_size_nm) if len(radius) else None,
        "regularity": regularity,
    }


def are_stripes(labels: np.ndarray, areas: np.ndarray, periodic: bool) -> np.ndarray:
    """Say of each region from `connected_regions` whether it is a stripe, no skyrmion.

    The measure is its area over that of the largest disc inside: 1 for a disc, 4 L / (pi w) for a
    stripe of length L and width w.
    """
    return areas > STRIPE_AREA_OVER_DISC * np.pi * _inner_radius(labels, periodic) ** 2


def _inner_radius(labels: np.ndarray, periodic: bool) -> np.ndarray:
    """Return the radius of the largest disc inside each region, in cells, shape (regions,)."""
    if labels.all():
        return np.zeros(labels.max())  # no end in any direction
    inside = labels > 0
    depth = _periodic_depth(inside) if periodic else _depth(inside)
    deepest = np.zeros(labels.max() + 1, depth.dtype)
    np.maximum.at(deepest, labels.ravel(), depth.ravel())
    return deepest[1:]


def _periodic_depth(inside: np.ndarray) -> np.ndarray:
    """As `_depth`, of a map that repeats."""
    ny, nx = inside.shape
    for y, x in ((min(_REPEATED, ny // 2), min(_REPEATED, nx // 2)), (ny // 2, nx // 2)):
        around = np.pad(inside, ((y, y), (x, x)), mode="wrap")
        depth = _depth(around)[y : y + ny, x : x + nx]
        if depth.max(initial=0) <= min(y, x):
            break  # nothing that lies nearer was left out
    return depth


def _depth(inside: np.ndarray) -> np.ndarray:
    """Return each cell's distance to the outside, float32."""
    return cv2.distanceTransform(inside.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def failed_shares(records: list[dict[str, Any]]) -> dict[str, float]:
    """Return the share of the films that failed, in each way and in any of them.

    A film may fail in two ways: an empty one need not be relaxed. Of imported films nobody knows
    whether they are relaxed; that way is left out.
    """
    ways = {
        "empty": [r["skyrmions"] + r["stripes"] == 0 for r in records],
        "all stripes": [r["stripes"] > 0 and r["skyrmions"] == 0 for r in records],
    }
    if all("settled" in record for record in records):
        ways = {"not relaxed": [not record["settled"] for record in records], **ways}
    failed = [any(film) for film in zip(*ways.values(), strict=True)]
    return {way: sum(of) / len(records) for way, of in {**ways, "failed": failed}.items()}


def describe_films(records: list[dict[str, Any]]) -> str:
    """Return a few lines on what the films of a set look like, from their records."""
    if not records:
        return "no films"
    shares = failed_shares(records)
    failed = shares.pop("failed")
    ways = ", ".join(f"{share:.1%} {way}" for way, share in shares.items())
    lines = [f"{len(records)} films, {failed:.1%} of them failed: {ways}"]
    skyrmions = f"{sum(record['skyrmions'] for record in records)} skyrmions"
    diameters = [r["mean_diameter_nm"] for r in records if r["mean_diameter_nm"] is not None]
    if diameters:
        skyrmions += f", mean diameter (Mz = 0) {min(diameters):.0f} to {max(diameters):.0f} nm"
    lines.append(skyrmions)
    regular = sorted(r["regularity"] for r in records if r["regularity"] is not None)
    if regular:
        lines.append(
            "neighbour distance over the ideal lattice's: "
            f"median {regular[len(regular) // 2]:.2f}, from {regular[0]:.2f} to {regular[-1]:.2f}"
        )
    return "\n".join(lines)
