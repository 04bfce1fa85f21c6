"""Which skyrmions the operator wants to see; what is recorded does not depend on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


def diameters(table: pd.DataFrame, pixel_size_nm: float | None) -> tuple[np.ndarray, str]:
    """Return the diameter of each row and its unit, NaN of stripes.

    Parameters
    ----------
    table
        Columns as `TABLE_DTYPES`, n rows.
    pixel_size_nm
        None where it is not known: then the diameters are those of the masks, in pixels.

    Returns
    -------
    tuple
        float64 of shape (n,), and "nm" or "px".
    """
    if pixel_size_nm is not None:
        return table["diameter_nm"].to_numpy(), "nm"
    masks = table["equivalent_diameter_area"].to_numpy()
    return np.where(table["is_stripe"].to_numpy(), np.nan, masks), "px"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a skyrmion must fulfil to be shown.

    A property that is not known (NaN) is no reason to hide a skyrmion.

    Attributes
    ----------
    min_confidence
        0 to 1.
    min_diameter, max_diameter
        In nm, in pixels where the pixel size is unknown; None for no limit. Both ends are shown.
    hide_border
        Hide those that touch the border of the frame.
    hide_stripes
        Hide stripes.
    """

    min_confidence: float = 0.0
    min_diameter: float | None = None
    max_diameter: float | None = None
    hide_border: bool = False
    hide_stripes: bool = False

    @property
    def active(self) -> bool:
        """Whether anything could be hidden."""
        return self != Filters()

    def shown(self, table: pd.DataFrame, pixel_size_nm: float | None) -> np.ndarray:
        """Tell for each of n rows whether it is shown: bool of shape (n,)."""
        shown = np.ones(len(table), bool)
        if self.min_confidence > 0:
            shown &= ~(table["confidence"].to_numpy() < self.min_confidence)
        size, _ = diameters(table, pixel_size_nm)
        if self.min_diameter is not None:
            shown &= ~(size < self.min_diameter)
        if self.max_diameter is not None:
            shown &= ~(size > self.max_diameter)
        if self.hide_border:
            shown &= ~table["touches_border"].to_numpy()
        if self.hide_stripes:
            shown &= ~table["is_stripe"].to_numpy()
        return shown
