"""What is known of a film's skyrmions, cell by cell: the maps that a network learns to draw."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from .film_statistics import are_stripes, connected_regions
from .labels import LabelRule, mask_label

FINE = 4
"""Parts of a cell's side in which the contour Mz = 0 is followed."""


@dataclass(frozen=True)
class FilmTruth:
    """Maps of a film, each of shape (ny, nx).

    Attributes
    ----------
    mask
        Bool, by a label rule.
    core
        Share of each cell with Mz < 0, 0 to 1.
    log_diameter
        ln(diameter / nm) of the contour Mz = 0 of the skyrmion whose core a cell belongs to; NaN
        outside all cores and in stripes, which have no diameter.
    """

    mask: np.ndarray
    core: np.ndarray
    log_diameter: np.ndarray


def film_truth(mz: np.ndarray, rule: LabelRule, cell_size_nm: float, periodic: bool) -> FilmTruth:
    """Return the maps of a film with Mz of shape (ny, nx)."""
    core = core_share(mz, periodic)
    regions, cells, _ = connected_regions(mz < 0, periodic)
    # cells outside, of which a corner lies within, belong to the region beside them
    owner = np.asarray(
        ndimage.maximum_filter(regions, 3, mode="wrap" if periodic else "nearest"), np.intp
    )
    owner[core == 0] = 0
    area = np.bincount(owner.ravel(), core.ravel(), len(cells) + 1)[1:]
    log_diameter = np.full(len(cells) + 1, np.nan)
    with np.errstate(divide="ignore"):  # a core between cells has no area, and no cell either
        log_diameter[1:] = np.log(2 * np.sqrt(area / np.pi) * cell_size_nm)
    log_diameter[1:][are_stripes(regions, cells, periodic)] = np.nan
    return FilmTruth(mask_label(mz, rule, periodic), core, log_diameter[owner].astype(np.float32))


def core_share(mz: np.ndarray, periodic: bool) -> np.ndarray:
    """Return the share of each cell with Mz < 0, float32 in steps of 1/16, Mz being linear."""
    ny, nx = mz.shape
    around = np.pad(mz.astype(np.float32), 1, mode="wrap" if periodic else "edge")
    fine = cv2.resize(around, (FINE * (nx + 2), FINE * (ny + 2)), interpolation=cv2.INTER_LINEAR)[
        FINE:-FINE, FINE:-FINE
    ]
    # sixteenths of 240 are whole numbers: bytes hold the mean of each cell, and are quick
    inside = (fine < 0).view(np.uint8) * np.uint8(240)
    share = cv2.resize(inside, (nx, ny), interpolation=cv2.INTER_AREA)
    return share.astype(np.float32) / 240
