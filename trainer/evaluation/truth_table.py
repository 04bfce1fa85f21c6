"""The true skyrmions of one image, parted and measured as an engine's are, to be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...inference.frame_diameter import frame_diameter
from ...inference.instances import Instances, find_instances, smallest_core_px
from ...inference.view import View
from .conditions import or_nan


@dataclass(frozen=True)
class TrueObjects:
    """What is to be found in one image: skyrmions, and stripes where there are some.

    The image ends at its borders: a skyrmion that one cuts is an object of its own on the side that
    is seen, and on the other side too if that is in view.

    Attributes
    ----------
    mask
        Bool of the image's (ny, nx), by the label rule; also what belongs to no core in view.
    labels
        uint16 of the same shape: the object of every mask pixel, from 1, 0 elsewhere.
    table
        One row an object: `label`; `y`, `x`, the centre in cells; `diameter_nm` of the contour
        Mz = 0, NaN of stripes, and of no use where the border cuts; `touches_border`; `is_stripe`;
        `distance_to_border_nm` of the centre.
    """

    mask: np.ndarray
    labels: np.ndarray
    table: pd.DataFrame

    @property
    def mean_diameter_nm(self) -> float:
        """Of the skyrmions that the border does not cut, NaN without any."""
        return or_nan(frame_diameter(self.table, None).mean_nm)


def true_objects(labels: np.ndarray, cell_size_nm: float) -> TrueObjects:
    """Return the objects of an image whose labels are known.

    Parameters
    ----------
    labels
        Mask, core share and ln(diameter / nm) with NaN, float32 (3, ny, nx), as from
        `ExampleSource.clean`.
    """
    mask, core, log_diameter = labels
    smallest = smallest_core_px(cell_size_nm)
    shape = np.float32
    view = View.whole(mask.shape)
    parted = find_instances(
        np.ascontiguousarray(mask, shape), np.ascontiguousarray(core, shape), view, smallest
    )
    table = _table(parted, view, core, log_diameter, cell_size_nm)
    return TrueObjects(mask > 0.5, parted.labels, table)


def _table(
    parted: Instances,
    view: View,
    core: np.ndarray,
    log_diameter: np.ndarray,
    cell_size_nm: float,
) -> pd.DataFrame:
    count = parted.count
    # a core's rim, of which less than half a cell lies inside, is in the surroundings
    area = parted.core_area
    centre_x, centre_y = parted.centre.T
    unsized = parted.cores.of_image(np.isnan(log_diameter))
    is_stripe = parted.cores.means(unsized, count) > 0.5
    numbers = np.arange(1, count + 1)
    return pd.DataFrame(
        {
            "label": numbers,
            "y": centre_y,
            "x": centre_x,
            "diameter_nm": np.where(is_stripe, np.nan, 2 * np.sqrt(area / np.pi) * cell_size_nm),
            "touches_border": np.isin(numbers, parted.labels.ravel()[view.edge]),
            "is_stripe": is_stripe,
            "distance_to_border_nm": distance_to_border(centre_y, centre_x, core.shape)
            * cell_size_nm,
        }
    )


def distance_to_border(y: np.ndarray, x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return how far points are from the edge of an image of (ny, nx) pixels, in pixels."""
    ny, nx = shape
    return np.min([y + 0.5, ny - 0.5 - y, x + 0.5, nx - 0.5 - x], axis=0)
