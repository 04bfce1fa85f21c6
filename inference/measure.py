"""Measurements of all instances at once, by sums over pixels (no loop over skyrmions)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..stream.result import TABLE_DTYPES, empty_table
from .geometry import Geometry
from .instances import Instances, pixel_points
from .reliability import Reliability
from .shapes import are_stripes, axes, diameter, orientation
from .size_map import SizeMap

#: Probabilities within this distance of a core's rim count for its centre and area: wide enough
#: for the blurred rim of a network's map, narrow enough to leave out the neighbours' and the
#: background's crumbs.
CORE_RIM_PX = 3.0


def measure(
    instances: Instances,
    core_probability: np.ndarray,
    geometry: Geometry,
    sizes: SizeMap | None = None,
    reliability: Reliability | None = None,
) -> pd.DataFrame:
    """Measure every instance.

    Moments are taken in engine geometry and carried over exactly: areas by the determinant,
    second moments C by M C M^T. `area`, axes, `orientation` and `eccentricity` describe the mask
    instance as in `skimage.measure.regionprops`. `y, x` is the centroid of the core, weighted with
    its probability over the pixels that are nearest to this core and at most 3 pixels off its rim,
    and `diameter_nm` the equivalent diameter of their summed probability, less what it is usually
    too large by. Its interval is as wide as the network's map of sizes says at that place. A
    skyrmion touches the border when its mask reaches the edge of the frame.

    Parameters
    ----------
    instances
        In engine geometry, of `geometry.content_shape`.
    core_probability
        float32 of the same shape.
    geometry
        Maps to camera pixels and to nm in the sample plane.
    sizes
        As the network drew them; None from one that does not.
    reliability
        How far all this can be relied on; without it there are no intervals.

    Returns
    -------
    pd.DataFrame
        Columns `TABLE_DTYPES`; `frame` is 0, `particle` -1, `psi6_abs` NaN, `n_neighbours` 0.
    """
    count = instances.count
    if count == 0:
        return empty_table()
    area, _, covariance = _moments(instances.labels, count)
    core_area, core_centre, core_covariance, core_mean = _core(instances, core_probability)
    to_camera = geometry.engine_to_camera[:, :2]
    to_nm = geometry.sample_nm @ to_camera
    camera_scale = abs(float(np.linalg.det(to_camera)))
    pixel_nm = geometry.engine_pixel_nm
    camera_covariance = to_camera @ covariance @ to_camera.T
    major, minor = axes(camera_covariance)
    # NaN for an unknown pixel size passes through without complaint here.
    major_nm, minor_nm = axes(to_nm @ covariance @ to_nm.T)
    points = geometry.camera_points(core_centre)
    points_nm = points @ geometry.sample_nm.T
    touching = np.zeros(count + 1, bool)
    touching[instances.labels.ravel()[geometry.border]] = True
    touching = touching[1:]
    is_stripe = are_stripes(core_area, core_covariance, touching)
    log_sigma = np.full(count, np.nan) if sizes is None else sizes.log_sigma_at(core_centre)
    size = diameter(core_area)
    reliability = reliability or Reliability()
    diameter_nm = np.where(is_stripe, np.nan, reliability.corrected(size * pixel_nm))
    low_nm, high_nm = reliability.interval(diameter_nm, log_sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        eccentricity = np.sqrt(np.maximum(0.0, 1 - (minor / major) ** 2))
    columns = {
        "frame": 0,
        "particle": -1,
        "label": np.arange(1, count + 1),
        "y": points[:, 1],
        "x": points[:, 0],
        "area": area * camera_scale,
        "equivalent_diameter_area": diameter(area * camera_scale),
        "axis_major_length": major,
        "axis_minor_length": minor,
        "orientation": orientation(camera_covariance),
        "eccentricity": np.where(major > 0, eccentricity, 0.0),
        "y_nm": points_nm[:, 1],
        "x_nm": points_nm[:, 0],
        "area_nm2": area * pixel_nm**2,
        "equivalent_diameter_area_nm": diameter(area * pixel_nm**2),
        "axis_major_length_nm": major_nm,
        "axis_minor_length_nm": minor_nm,
        "diameter_nm": diameter_nm,
        "diameter_low_nm": low_nm,
        "diameter_high_nm": high_nm,
        "confidence": reliability.confidence_of(core_mean, log_sigma, np.log(size), touching),
        "touches_border": touching,
        "is_stripe": is_stripe,
        "psi6_abs": np.nan,
        "n_neighbours": 0,
    }
    return pd.DataFrame({name: columns[name] for name in TABLE_DTYPES}).astype(TABLE_DTYPES)


def _moments(labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return areas (n,), centroids (n, 2) as (x, y), and covariances (n, 2, 2) of the labels."""
    x, y = pixel_points((labels > 0).view(np.uint8))
    owner = labels[y, x]
    return _sums(x, y, owner, count, None)


def _sums(
    x: np.ndarray, y: np.ndarray, owner: np.ndarray, count: int, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    def total(values: np.ndarray | None) -> np.ndarray:
        return np.bincount(owner, values, minlength=count + 1)[1:]

    px, py = x.astype(np.float64), y.astype(np.float64)
    weighted_x, weighted_y = (px, py) if weight is None else (weight * px, weight * py)
    area = total(weight).astype(np.float64)
    # An instance without pixels cannot be: its core alone has some.
    centre = np.stack([total(weighted_x), total(weighted_y)], axis=1) / area[:, None]
    covariance = np.empty((count, 2, 2))
    covariance[:, 0, 0] = total(weighted_x * px) / area - centre[:, 0] ** 2
    covariance[:, 1, 1] = total(weighted_y * py) / area - centre[:, 1] ** 2
    covariance[:, 0, 1] = total(weighted_x * py) / area - centre[:, 0] * centre[:, 1]
    covariance[:, 1, 0] = covariance[:, 0, 1]
    return area, centre, covariance


def _core(
    instances: Instances, core_probability: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return area (n,), centre (n, 2), covariance (n, 2, 2) and mean probability (n,) of the cores.

    Weighted with the probability, but for the mean, which is over the contour's inside.
    """
    count = instances.count
    x, y = pixel_points((instances.core_distance <= CORE_RIM_PX).view(np.uint8))
    owner = instances.nearest[y, x]
    weight = core_probability[y, x].astype(np.float64)
    area, centre, covariance = _sums(x, y, owner, count, weight)
    inside = instances.core_distance[y, x] == 0
    total = np.bincount(owner[inside], weight[inside], minlength=count + 1)[1:]
    pixels = np.bincount(owner[inside], minlength=count + 1)[1:]
    return area, centre, covariance, total / pixels
