"""Ground truth of a film: where a skyrmion ends.

Two definitions stand side by side. The *mask* is that of the paper's authors: Mz below a threshold
close to 1 (0.98 in their text, see docs/decisions/0004), eroded by one cell, as their notebook
does. The *core*, Mz < 0, is the physical size that papers report as a
skyrmion's radius.
"""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage
from skimage.filters import threshold_triangle

from .film_statistics import connected_regions


class LabelRule(BaseModel):
    """How the mask of a film is drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float | None = Field(
        default=0.98,
        description="of Mz; None is each film's own triangle threshold (Zack, Rogers and Latt, "
        "J. Histochem. Cytochem. 25, 741, 1977)",
    )
    erosion_cells: int = Field(default=1, ge=0)

    def __str__(self) -> str:
        """Return the rule in words, for cards and results."""
        level = "triangle threshold" if self.threshold is None else f"{self.threshold:g}"
        cells = "1 cell" if self.erosion_cells == 1 else f"{self.erosion_cells} cells"
        eroded = f", eroded by {cells}" if self.erosion_cells else ""
        return f"Mz < {level}{eroded}"


def mask_label(mz: np.ndarray, rule: LabelRule, periodic: bool = True) -> np.ndarray:
    """Return the mask of a film, bool of shape (ny, nx).

    What holds no core is no skyrmion and is left out: the ripples of an empty film, where a
    threshold would label noise, and the rim of an open film, where DMI tilts the magnetisation.
    """
    core = core_label(mz)
    if not core.any():
        return core
    level = threshold_triangle(mz) if rule.threshold is None else rule.threshold
    mask = mz < level
    if rule.erosion_cells:
        margin = rule.erosion_cells
        around = np.pad(mask, margin, mode="wrap" if periodic else "edge")
        around = ndimage.binary_erosion(around, iterations=margin, border_value=1)
        mask = around[margin:-margin, margin:-margin]
    regions, _, _ = connected_regions(mask, periodic)
    with_core = np.unique(regions[core & (regions > 0)])
    return np.isin(regions, with_core)


def core_label(mz: np.ndarray) -> np.ndarray:
    """Return Mz < 0, bool of shape (ny, nx)."""
    return mz < 0
