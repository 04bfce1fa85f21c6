"""The figures of an evaluation, each as a function of sums over films."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .calibration_curves import CONFIDENCE_BINS, calibration_error
from .film_sums import CONFIDENCE_SUMS
from .matching import average_precision, count_bias, panoptic_quality


class Measure(NamedTuple):
    """One figure.

    Attributes
    ----------
    name, title
        Column of a summary; as people say it, with the unit.
    decimals
        That are worth printing.
    sums
        Columns of `image_sums` or `object_sums`.
    of_totals
        The figure from totals of these, shape (..., len(sums)) to (...).
    """

    name: str
    title: str
    decimals: int
    sums: tuple[str, ...]
    of_totals: Callable[[np.ndarray], np.ndarray]


def _mean(
    name: str, title: str, decimals: int, total: str, count: str, factor: float = 1
) -> Measure:
    def of_totals(t: np.ndarray) -> np.ndarray:
        return factor * t[..., 0] / np.where(t[..., 1] > 0, t[..., 1], np.nan)

    return Measure(name, title, decimals, (total, count), of_totals)


def _average_precision(t: np.ndarray) -> np.ndarray:
    true, found, matched = np.moveaxis(t, -1, 0)
    return average_precision(matched, found - matched, true - matched)


def _panoptic_quality(t: np.ndarray) -> np.ndarray:
    true, found, matched, iou = np.moveaxis(t, -1, 0)
    return panoptic_quality(iou, matched, found - matched, true - matched)


def _spread(t: np.ndarray) -> np.ndarray:
    deviation, squared, count = np.moveaxis(t, -1, 0)
    count = np.where(count > 0, count, np.nan)
    return 100 * np.sqrt(np.maximum(squared / count - (deviation / count) ** 2, 0))


def _calibration_error(t: np.ndarray) -> np.ndarray:
    counts, confidence, matched = np.moveaxis(t.reshape(*t.shape[:-1], 3, CONFIDENCE_BINS), -2, 0)
    return calibration_error(counts, confidence, matched)


PIXEL_MEASURES = (
    _mean("jaccard", "Jaccard index", 3, "jaccard", "images"),
    _mean("f1", "F1", 3, "f1", "images"),
    _mean("subset_accuracy", "subset accuracy", 3, "subset_accuracy", "images"),
)
"""The paper's, mean over the images."""

FRAME_SIZE_MEASURES = (
    Measure(
        "frame_spread_percent",
        "a frame's mean diameter, standard deviation (%)",
        1,
        ("deviation", "deviation_squared", "sized"),
        _spread,
    ),
    _mean(
        "frame_coverage",
        "frames' means inside their 90 % interval",
        3,
        "covered",
        "with_interval",
    ),
)
"""Of the mean diameter of each frame's whole skyrmions."""

IMAGE_MEASURES = (
    *PIXEL_MEASURES,
    *FRAME_SIZE_MEASURES,
    _mean("warned", "share of frames warned of", 3, "warned", "images"),
)

DETECTION_MEASURES = (
    Measure("ap50", "AP50", 3, ("true", "found", "matched"), _average_precision),
    Measure("pq", "panoptic quality", 3, ("true", "found", "matched", "iou"), _panoptic_quality),
    _mean("recall", "share found", 3, "matched", "true"),
    Measure(
        "count_bias_percent",
        "count, found over true - 1 (%)",
        1,
        ("found", "true"),
        lambda t: 100 * count_bias(t[..., 0], t[..., 1]),
    ),
    _mean("invented_percent", "invented (%)", 2, "invented", "found", 100),
    _mean("centre_error_nm", "centre error (nm)", 2, "centre_error", "matched"),
)
"""Of the objects, all films together."""

SIZE_MEASURES = (
    _mean("diameter_bias_percent", "diameter, mean deviation (%)", 1, "deviation", "sized", 100),
    Measure(
        "diameter_spread_percent",
        "diameter, standard deviation (%)",
        1,
        ("deviation", "deviation_squared", "sized"),
        _spread,
    ),
    _mean("coverage", "share inside the 90 % interval", 3, "covered", "with_interval"),
    Measure("calibration_error", "ECE of confidence", 3, CONFIDENCE_SUMS, _calibration_error),
)
"""Of whole skyrmions' diameters, and how well the engine knows its own errors."""

OBJECT_MEASURES = DETECTION_MEASURES + SIZE_MEASURES
MEASURES = {measure.name: measure for measure in IMAGE_MEASURES + OBJECT_MEASURES}
