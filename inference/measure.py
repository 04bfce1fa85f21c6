"""Measurements of all instances at once, by sums over pixels (no loop over skyrmions)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..stream.result import TABLE_DTYPES, empty_table
from .credible import confidences
from .geometry import Geometry
from .instances import Instances
from .reliability import Reliability
from .shapes import are_stripes, axes, diameter, orientation
from .size_map import SizeMap


def measure(
    instances: Instances,
    geometry: Geometry,
    sizes: SizeMap | None = None,
    reliability: Reliability | None = None,
) -> pd.DataFrame:
    """Measure every instance.

    Moments are taken in engine geometry and carried over exactly: areas by the determinant,
    second moments C by M C M^T. `area`, axes, `orientation` and `eccentricity` describe the mask
    instance as in `skimage.measure.regionprops`. `y, x` is the centroid of the core's surroundings
    (`Instances`), weighted with the core probability. `diameter_nm` is a weighted geometric mean of
    two, less its usual error: the equivalent diameter of their summed probability, and that of the
    network's map of sizes at that place (docs/decisions/0015). Its interval is as wide as that map
    says. A skyrmion touches the border when its mask reaches the edge of the frame.

    Parameters
    ----------
    instances
        In engine geometry, of `geometry.content_shape`.
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
    area, _, covariance = instances.masks.moments(count)
    core_centre = instances.centre
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
    touching = instances.touching(geometry.view.edge)
    is_stripe = are_stripes(instances.cores, count, touching, geometry.view)
    size = diameter(instances.core_area)
    drawn, log_sigma = (size, np.full(count, np.nan)) if sizes is None else sizes.at(core_centre)
    reliability = reliability or Reliability()
    diameter_nm = np.where(
        is_stripe, np.nan, reliability.diameter(size, drawn, log_sigma) * pixel_nm
    )
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
        "confidence": confidences(instances, geometry.view, sizes, reliability),
        "touches_border": touching,
        "is_stripe": is_stripe,
        "psi6_abs": np.nan,
        "n_neighbours": 0,
    }
    return pd.DataFrame(
        {
            name: np.broadcast_to(columns[name], count).astype(dtype)
            for name, dtype in TABLE_DTYPES.items()
        }
    )
