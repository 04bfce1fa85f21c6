"""What a relaxed film looks like, in numbers: skyrmions, their size, their order, or none."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree


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
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:].astype(float)
    centres = np.empty((count, 2))
    for axis, size in enumerate(mask.shape):
        angle = 2 * np.pi * np.arange(size) / size
        angle = np.broadcast_to(angle[:, None] if axis == 0 else angle, mask.shape)
        wave = np.bincount(labels.ravel(), np.cos(angle).ravel(), count + 1) + 1j * np.bincount(
            labels.ravel(), np.sin(angle).ravel(), count + 1
        )
        centres[:, axis] = (np.angle(wave[1:]) % (2 * np.pi)) * size / (2 * np.pi)
    return labels, areas, centres


def film_statistics(mz: np.ndarray, cell_size_nm: float) -> dict[str, Any]:
    """Describe a film by the regions where Mz < 0.

    Parameters
    ----------
    mz
        Shape (ny, nx), periodic.

    Returns
    -------
    dict with `skyrmions` (compact regions), `stripes` (elongated regions), `mean_diameter_nm` of
    the contour Mz = 0, and `regularity`: mean distance to the nearest neighbour over that of the
    ideal triangular lattice of the same density (None below 6 regions).
    """
    _, areas, centres = periodic_components(mz < 0)
    if len(areas) == 0:
        return {"skyrmions": 0, "stripes": 0, "mean_diameter_nm": None, "regularity": None}
    # a region four times the median, or a tenth of the film, is no skyrmion
    stripes = (areas > 4 * np.median(areas)) | (areas > 0.1 * mz.size)
    radius = np.sqrt(areas[~stripes] / np.pi)
    regularity = None
    if len(areas) >= 6 and not stripes.any():
        box = np.array(mz.shape, dtype=float)
        distance = KDTree(centres % box, boxsize=box).query(centres % box, k=2)[0][:, 1]
        ideal = np.sqrt(2 / np.sqrt(3) * mz.size / len(areas))
        regularity = float(distance.mean() / ideal)
    return {
        "skyrmions": int((~stripes).sum()),
        "stripes": int(stripes.sum()),
        "mean_diameter_nm": float(2 * radius.mean() * cell_size_nm) if len(radius) else None,
        "regularity": regularity,
    }


def describe_films(records: list[dict[str, Any]]) -> str:
    """Return a few lines on what the films of a set look like, from their records."""
    empty = sum(record["skyrmions"] + record["stripes"] == 0 for record in records)
    striped = sum(record["stripes"] > 0 for record in records)
    settled = sum(record["settled"] for record in records)
    regular = [r["regularity"] for r in records if r["regularity"] is not None]
    diameters = [r["mean_diameter_nm"] for r in records if r["mean_diameter_nm"] is not None]
    lines = [
        f"{len(records)} films, {settled} settled, {empty} empty, {striped} with stripes",
        f"{sum(record['skyrmions'] for record in records)} skyrmions",
    ]
    if diameters:
        lines[-1] += f", mean diameter (Mz = 0) {min(diameters):.0f} to {max(diameters):.0f} nm"
    if regular:
        lines.append(
            "neighbour distance over the ideal lattice's: "
            f"median {sorted(regular)[len(regular) // 2]:.2f}, "
            f"from {min(regular):.2f} to {max(regular):.2f}"
        )
    lines.append(f"{sum(r['seconds'] for r in records) / len(records):.1f} s a film and process")
    return "\n".join(lines)
