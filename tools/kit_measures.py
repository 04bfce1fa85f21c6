"""Measures of a labelled film that hold for the authors' pairs and for our films alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import ConvexHull, Delaunay, KDTree, Voronoi

from skyrmlive.trainer.dataset.film_statistics import open_components


class LabelMeasures(NamedTuple):
    """Means over the skyrmions of a label whose whole neighbourhood lies in the frame, in pixels.

    Attributes
    ----------
    skyrmions
        Number that is averaged over.
    radius
        Of the disc of a region's area.
    distance
        To the nearest neighbour.
    density
        Per square pixel: the inverse of the mean area of their Voronoi cells.
    regularity
        `distance` over that of the triangular lattice of this density: 1 at best. Empty parts of a
        film lower the density and with it this number, however regular the rest is.
    local_regularity
        Distance to the nearest neighbour over the mean distance to all Delaunay neighbours: 1 at
        best, and not concerned with density.
    psi6
        |sum of exp(6 i angle)| over Delaunay neighbours, over their number: 1 at best.
    """

    skyrmions: int
    radius: float
    distance: float
    density: float
    regularity: float
    local_regularity: float
    psi6: float


def label_measures(mask: np.ndarray) -> LabelMeasures | None:
    """Measure a bool label (ny, nx); None where no skyrmion has its neighbourhood in the frame."""
    _, areas, centres = open_components(mask)
    inner = inner_points(centres, mask.shape)
    if not inner.any():
        return None
    order = lattice_order(centres, inner)
    return LabelMeasures(int(inner.sum()), float(np.sqrt(areas[inner] / np.pi).mean()), *order)


def inner_points(points: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return which points (count, 2) have a Voronoi cell inside the frame of `size`, bool."""
    if len(points) < 5:
        return np.zeros(len(points), dtype=bool)
    voronoi = Voronoi(points)
    inside = np.all((voronoi.vertices > 0) & (voronoi.vertices < np.array(size)), axis=1)
    regions = [voronoi.regions[region] for region in voronoi.point_region]
    return np.array([-1 not in region and bool(inside[region].all()) for region in regions])


def lattice_order(
    points: np.ndarray, inner: np.ndarray
) -> tuple[float, float, float, float, float]:
    """Return distance, density, regularity, local regularity and psi6 of the inner points."""
    nearest = KDTree(points).query(points, k=2)[0][:, 1]
    voronoi = Voronoi(points)
    starts, neighbours = Delaunay(points).vertex_neighbor_vertices
    local, order, areas = [], [], []
    for index in np.flatnonzero(inner):
        around = points[neighbours[starts[index] : starts[index + 1]]] - points[index]
        local.append(nearest[index] / np.hypot(*around.T).mean())
        order.append(abs(np.exp(6j * np.arctan2(*around.T)).mean()))
        cell = voronoi.vertices[voronoi.regions[voronoi.point_region[index]]]
        areas.append(ConvexHull(cell).volume)  # in a plane the area
    density = 1 / np.mean(areas)
    distance = nearest[inner].mean()
    ideal = np.sqrt(2 / np.sqrt(3) / density)
    return (
        float(distance),
        float(density),
        float(distance / ideal),
        float(np.mean(local)),
        float(np.mean(order)),
    )


def excess_radius(
    measured: list[LabelMeasures], reference: list[LabelMeasures]
) -> tuple[float, float]:
    """Return by how many pixels labels are larger than others at the same neighbour distance.

    The others are represented by a straight line through their radii over their distances. With
    the standard error, from the scatter of both about that line.
    """
    line = np.polyfit([r.distance for r in reference], [r.radius for r in reference], 1)

    def excess(measures: list[LabelMeasures]) -> np.ndarray:
        return np.array([m.radius - np.polyval(line, m.distance) for m in measures])

    theirs, ours = excess(measured), excess(reference)
    error = np.hypot(theirs.std(ddof=1) / len(theirs) ** 0.5, ours.std(ddof=2) / len(ours) ** 0.5)
    return float(theirs.mean()), float(error)


def points_at_random(count: int = 2000) -> LabelMeasures:
    """Return the order of points that are placed at random; they have no radius."""
    points = np.random.default_rng(0).uniform(0, 1, (count, 2))
    inner = inner_points(points, (1, 1))
    return LabelMeasures(int(inner.sum()), float("nan"), *lattice_order(points, inner))
