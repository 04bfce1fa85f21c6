"""What adds up over films: the sums that every figure of an evaluation is made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .calibration_curves import CONFIDENCE_BINS, confidence_bin
from .pixel_scores import PIXEL_SCORES

CONFIDENCE_SUMS = tuple(
    f"{what}_{number}"
    for what in ("confident", "confidence", "confirmed")
    for number in range(CONFIDENCE_BINS)
)
"""Of each bin of confidence: objects, sum of their confidence, those that were matched."""


def image_sums(images: pd.DataFrame) -> pd.DataFrame:
    """Return sums over the images of each film, indexed by `film`.

    `images`, those that were `warned` of, and of the scores; of those that have a mean diameter,
    found and true, the sums of `_size_sums`.
    """
    true_nm = images["true_mean_diameter_nm"]
    known = images["mean_diameter_nm"].notna() & true_nm.notna()
    ends = images["mean_diameter_low_nm"], images["mean_diameter_high_nm"]
    sizes = _size_sums(true_nm, images["mean_diameter_nm"], ends, known)
    columns = (
        images[list(PIXEL_SCORES)]
        .assign(images=1.0, warned=images["unfamiliarity"] > 1, **sizes)
        .astype(float)
    )
    return columns.groupby(images["film"]).sum()


def object_sums(objects: pd.DataFrame, films: Sequence[int]) -> pd.DataFrame:
    """Return sums over the objects of each of the films, indexed by `film`.

    Counts `true`, `found`, `matched`, `invented`; over the matches `iou` and `centre_error`;
    over the sized ones, which are matches of whole skyrmions, the sums of `_size_sums`; and
    `CONFIDENCE_SUMS`.
    """
    matched = objects["matched"]
    true_nm, found_nm = objects["true_diameter_nm"], objects["diameter_nm"]
    ends = objects["diameter_low_nm"], objects["diameter_high_nm"]
    sizes = _size_sums(true_nm, found_nm, ends, are_sized(objects))
    confidence = confidence_in_skyrmions(objects)
    bins = confidence_bin(confidence.to_numpy())
    of_bins = {
        f"{what}_{number}": np.where(bins == number, values, 0.0)
        for what, values in (
            ("confident", 1.0),
            ("confidence", confidence),
            ("confirmed", matched),
        )
        for number in range(CONFIDENCE_BINS)
    }
    columns = {
        "true": objects["is_true"],
        "found": objects["is_found"],
        "matched": matched,
        "invented": objects["invented"],
        "iou": objects["iou"].where(matched, 0.0),
        "centre_error": objects["centre_error_nm"].where(matched, 0.0),
        **sizes,
        **of_bins,
    }
    sums = pd.DataFrame(columns, index=objects.index).astype(float)
    return sums.groupby(objects["film"]).sum().reindex(films, fill_value=0.0)


def _size_sums(
    true_nm: pd.Series,
    found_nm: pd.Series,
    ends: tuple[pd.Series, pd.Series],
    sized: pd.Series,
) -> dict[str, pd.Series]:
    """Return what adds up of the diameters that count, those `sized`.

    They themselves, `sized`, `deviation` and `deviation_squared` of (found - true) / true; those
    that are `with_interval`, and those `covered`, whose true diameter lies inside.
    """
    low_nm, high_nm = ends
    deviation = (found_nm / true_nm - 1).where(sized, 0.0)
    with_interval = sized & low_nm.notna() & high_nm.notna()
    return {
        "sized": sized,
        "deviation": deviation,
        "deviation_squared": deviation**2,
        "with_interval": with_interval,
        "covered": with_interval & (low_nm <= true_nm) & (true_nm <= high_nm),
    }


def confidence_in_skyrmions(objects: pd.DataFrame) -> pd.Series:
    """Return the confidence in what was found and is no stripe to the engine, NaN otherwise."""
    return objects["confidence"].mask(objects["is_stripe_found"])


def are_sized(objects: pd.DataFrame) -> pd.Series:
    """Say which objects count for the measures of size: matched, no stripe, cut by no border."""
    return (
        objects["matched"]
        & ~objects["touches_border"]
        & ~objects["is_stripe_true"]
        & ~objects["is_stripe_found"]
        & objects["diameter_nm"].notna()
        & objects["true_diameter_nm"].notna()
    )
