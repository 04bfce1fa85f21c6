"""Find the same skyrmions in one frame again: shifted, turned, noisier.

    python tools/frame_stability.py IMAGE [--engine E] [--pixel-size-nm P] [--tilt-axis-deg A] ...

The frame is analysed as it is; shifted by 7 pixels; turned by 90 degrees with its tilt axis; and
with 20 % more noise. The table says what share of the skyrmions is found again within half a
neighbour distance, and how far the diameters differ in the median; and it holds the count against
what the period of the lattice implies for the area that skyrmions cover, the period being from the
power spectrum of the image and from the structure factor of the places.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy.spatial import KDTree

from skyrmlive.inference.engine_store import load_engine
from skyrmlive.inference.lattice_spectrum import lattice_rings
from skyrmlive.inference.normalise import normalise
from skyrmlive.inference.segmenter import Segmentation, Segmenter
from skyrmlive.inference.structure_factor import covered, implied_count, lattice_period
from skyrmlive.stream.files import read_frames
from skyrmlive.stream.frame import FrameMetadata

SHIFT_PX = 7
MORE_NOISE = 0.2  # standard deviation over the mean of the stretched image
EDGE = 4.0  # neighbour distances over which skyrmions fade into the structure factor


def expected_counts(found: Segmentation, image: np.ndarray) -> dict[str, float]:
    """Return the number of skyrmions that a period implies for the area that they cover.

    By the ring of the image's spectrum, and by the structure factor of the places.
    """
    geometry = found.geometry
    view = geometry.view.inside
    if view is None:
        view = np.ones(geometry.content_shape, bool)
    flat = geometry.engine_image(normalise(image))
    height, width = (side // 4 for side in geometry.content_shape)
    ring = lattice_rings(flat[height:-height, width:-width])[0].neighbour_distance
    points = geometry.engine_points(found.table[["x", "y"]].to_numpy())
    by_ring = covered(points, view, ring)
    inwards = cv2.distanceTransform(by_ring.view(np.uint8), cv2.DIST_L2, 5) / (EDGE * ring)
    window = np.sin(np.pi / 2 * np.minimum(1, inwards)) ** 2
    period, peak = lattice_period(points, window)
    by_places = covered(points, view, period)
    return {
        "the ring of the image's spectrum": implied_count(by_ring, ring),
        f"the places' structure factor, whose peak is {peak:.1f} high": implied_count(
            by_places, period
        ),
    }


def again(first: pd.DataFrame, second: pd.DataFrame, shape: tuple[int, int]) -> tuple[float, float]:
    """Return the share found in both, and the median difference of their diameters, relative.

    `second` is in the pixels of `first`, of an image of `shape`; skyrmions near its edge are left
    out, but may be the partners of others.
    """
    a, b = (table[["x", "y"]].to_numpy() for table in (first, second))
    nearest = KDTree(a).query(a, k=2)[0][:, 1]
    reach = np.median(nearest) / 2
    margin = 4 * reach + SHIFT_PX

    def inner(points: np.ndarray) -> np.ndarray:
        return ((points > margin) & (points < np.array(shape[::-1]) - margin)).all(axis=1)

    to_b, partner = KDTree(b).query(a, distance_upper_bound=reach)
    to_a, _ = KDTree(a).query(b, distance_upper_bound=reach)
    in_a, in_b = inner(a), inner(b)
    shares = [np.mean(np.isfinite(d[i])) for d, i in ((to_b, in_a), (to_a, in_b))]
    both = in_a & np.isfinite(to_b)
    d1 = first["equivalent_diameter_area"].to_numpy()[both]
    if first["diameter_nm"].notna().any():
        d1 = first["diameter_nm"].to_numpy()[both]
        d2 = second["diameter_nm"].to_numpy()[partner[both]]
    else:
        d2 = second["equivalent_diameter_area"].to_numpy()[partner[both]]
    return float(np.mean(shares)), float(np.nanmedian(np.abs(d2 / d1 - 1)))


def main() -> None:
    """Analyse the frame four times and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path)
    parser.add_argument("--engine", help="name or folder; by default the shipped one")
    parser.add_argument("--pixel-size-nm", type=float)
    parser.add_argument("--tilt-axis-deg", type=float, default=0.0)
    parser.add_argument("--tilt-deg", type=float)
    parser.add_argument("--defocus-nm", type=float)
    options = parser.parse_args()
    given = {
        "pixel_size_nm": options.pixel_size_nm,
        "tilt_axis_deg": options.tilt_axis_deg,
        "tilt_x_deg": options.tilt_deg,
        "defocus_nm": options.defocus_nm,
    }
    metadata = FrameMetadata.model_validate({k: v for k, v in given.items() if v is not None})
    image = next(iter(read_frames(options.image))).pixels.astype(np.float32)
    engine = load_engine(options.engine)
    segmenter = Segmenter(engine)
    found = segmenter.segment(image, metadata)
    width = image.shape[1]

    shifted = segmenter.segment(image[SHIFT_PX:, SHIFT_PX:], metadata).table
    shifted = shifted.assign(x=shifted["x"] + SHIFT_PX, y=shifted["y"] + SHIFT_PX)
    # a quarter turn brings (x, y) to (y, width - 1 - x)
    axis = {"tilt_axis_deg": options.tilt_axis_deg - 90}
    turned = segmenter.segment(np.rot90(image), metadata.model_copy(update=axis)).table
    turned = turned.assign(x=width - 1 - turned["y"], y=turned["x"])
    stretched = (image - image.min()) / (image.max() - image.min())
    noise = np.random.default_rng(0).normal(0, MORE_NOISE * stretched.mean(), image.shape)
    noisy = segmenter.segment((stretched + noise).astype(np.float32), metadata).table

    title = (
        f"{options.image.name}: {len(found.table)} found, {found.table['is_stripe'].sum()} "
        f"stripes, {engine.describe()}"
    )
    table = Table("the frame", "found again", "diameters apart, median", title=title)
    for name, other in (
        (f"shifted by {SHIFT_PX} pixels", shifted),
        ("turned by 90 degrees", turned),
        (f"with {MORE_NOISE:.0%} more noise", noisy),
    ):
        share, apart = again(found.table, other, (image.shape[0], image.shape[1]))
        table.add_row(name, f"{share:.1%}", f"{apart:.1%}")
    Console().print(table)
    for name, expected in expected_counts(found, image).items():
        excess = len(found.table) / expected - 1
        print(f"{expected:.0f} expected by {name}: {excess:+.1%} found")
    for warning in found.warnings:
        print(f"note: {warning}")


if __name__ == "__main__":
    main()
