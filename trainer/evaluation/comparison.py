"""What an engine found in one image beside what is there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ...inference.segmenter import Segmentation
from .conditions import or_nan
from .matching import are_invented, matches, overlaps
from .pixel_scores import found_mask, pixel_scores
from .truth_table import TrueObjects, distance_to_border


class Comparison(NamedTuple):
    """Figures of one image.

    Attributes
    ----------
    image
        `subset_accuracy`, `f1`, `jaccard` of the mask; `tp`, `fp`, `fn`, `iou_sum` of the matches;
        `n_found`, `n_true`, `invented`; `unfamiliarity`, NaN from an engine that cannot tell;
        `mean_diameter_nm` of the whole skyrmions found, the ends of its interval
        `mean_diameter_low_nm` and `mean_diameter_high_nm`, and `true_mean_diameter_nm` of those
        that are there, NaN where there is none.
    objects
        One row an object that is there or was found, in one row if they are matched:

        - `is_true`, `is_found`, `matched`, `invented`, and the `iou` of a match
        - `true_diameter_nm`, NaN of a stripe; `diameter_nm`, `diameter_low_nm`, `diameter_high_nm`,
          `confidence`, NaN where nothing was found
        - `centre_error_nm` of a match
        - `touches_border`: the true object or the found one
        - `distance_to_border_nm` of the true centre, or of the found one where nothing is
        - `is_stripe_true`, `is_stripe_found`
    """

    image: dict[str, float]
    objects: pd.DataFrame


def compare(found: Segmentation, truth: TrueObjects, cell_size_nm: float) -> Comparison:
    """Compare what was found in an image of a film, one pixel a cell, with its truth."""
    pairs = overlaps(found.labels, truth.labels)
    same = matches(pairs)
    table = found.table.set_index("label")
    centres = table[["y", "x"]].to_numpy()
    invented = are_invented(table.index.to_numpy(), centres, pairs, truth.mask)
    rows = _rows(table.assign(invented=invented), truth, same, cell_size_nm)
    image = {
        **pixel_scores(found_mask(found), truth.mask),
        "tp": len(same),
        "fp": len(table) - len(same),
        "fn": len(truth.table) - len(same),
        "iou_sum": float(same["iou"].sum()),
        "n_found": len(table),
        "n_true": len(truth.table),
        "invented": int(invented.sum()),
        "unfamiliarity": or_nan(found.unfamiliarity),
        "mean_diameter_nm": or_nan(found.diameter.mean_nm),
        "mean_diameter_low_nm": or_nan(found.diameter.low_nm),
        "mean_diameter_high_nm": or_nan(found.diameter.high_nm),
        "true_mean_diameter_nm": truth.mean_diameter_nm,
    }
    return Comparison(image, rows)


def _rows(
    found: pd.DataFrame, truth: TrueObjects, same: pd.DataFrame, cell_size_nm: float
) -> pd.DataFrame:
    """Return the matched objects, then those that were missed, then those that are not there."""
    true, none = truth.table.set_index("label"), -1
    of_match = found.index.get_indexer(same["found"]), true.index.get_indexer(same["true"])
    missed = np.setdiff1d(np.arange(len(true)), of_match[1])
    surplus = np.setdiff1d(np.arange(len(found)), of_match[0])
    found_rows = np.concatenate([of_match[0], np.full(len(missed), none), surplus])
    true_rows = np.concatenate([of_match[1], missed, np.full(len(surplus), none)])
    is_true, is_found = true_rows != none, found_rows != none

    def of_found(column: str) -> np.ndarray:
        return _taken(found[column].to_numpy(), found_rows)

    def of_true(column: str) -> np.ndarray:
        return _taken(true[column].to_numpy(), true_rows)

    y, x = of_found("y"), of_found("x")
    own_distance_nm = distance_to_border(y, x, truth.mask.shape) * cell_size_nm
    return pd.DataFrame(
        {
            "is_true": is_true,
            "is_found": is_found,
            "matched": is_true & is_found,
            "invented": of_found("invented"),
            "iou": np.concatenate([same["iou"], np.full(len(missed) + len(surplus), np.nan)]),
            "true_diameter_nm": of_true("diameter_nm"),
            "diameter_nm": of_found("diameter_nm"),
            "diameter_low_nm": of_found("diameter_low_nm"),
            "diameter_high_nm": of_found("diameter_high_nm"),
            "confidence": of_found("confidence"),
            "centre_error_nm": np.hypot(y - of_true("y"), x - of_true("x")) * cell_size_nm,
            "touches_border": of_true("touches_border") | of_found("touches_border"),
            "distance_to_border_nm": np.where(
                is_true, of_true("distance_to_border_nm"), own_distance_nm
            ),
            "is_stripe_true": of_true("is_stripe"),
            "is_stripe_found": of_found("is_stripe"),
        }
    )


def _taken(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the values at some rows; at row -1, which is none, NaN or False."""
    absent = values.dtype.type(False if values.dtype == bool else np.nan)
    return np.append(values, absent)[rows]
