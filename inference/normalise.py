"""Normalisation of images: independent of gain, offset and the brightest pixel.

The trainer calls the same `normalise` on its training images, so that a network sees at work what
it saw at school.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np

from ..stream.errors import UserError
from .side_by_side import beside

T = TypeVar("T")

_SAMPLE_SIZE = 65_536
_QUANTILES = (0.005, 0.5, 0.995)
_LIMIT_SIGMA = 10.0
_PILED_UP, _OVER_NEXT = 0.001, 4
"""Share of the pixels that have the largest value, and how many times as many as have the next
lower one, from which on a frame is cut off there."""

_NEIGHBOURHOOD = 5
_WIDE = 9
_CACHED_PIXELS = 1 << 16
_HALVED_ROWS = 512
#: Types that float32 holds exactly, as nearly all cameras deliver.
_NARROW = (np.uint8, np.int8, np.uint16, np.int16)


def normalise(image: np.ndarray, inside: np.ndarray | None = None) -> np.ndarray:
    """Return (image - mean) / standard deviation, both robust against outliers.

    The 0.5 % and 99.5 % quantiles q1, q2 of a regular subsample span the trusted range
    [q1 - (q2 - q1), q2 + (q2 - q1)], about +-7.7 sigma for Gaussian pixels, so that noise of any
    strength lies inside and is not clipped. Mean and standard deviation are those of the pixels
    inside. Pixels outside (hot or dead) are set to the range's limit, and at most 10 standard
    deviations from the mean. NaN and infinite pixels are replaced first, see `replace_non_finite`.

    Parameters
    ----------
    image
        Shape (height, width), any real dtype. Not changed.
    inside
        Bool (height, width): pixels that count. The others become 0.

    Returns
    -------
    np.ndarray
        float32 of shape (height, width), mean 0 and standard deviation 1 over the trusted pixels;
        all zeros for a constant image.

    Raises
    ------
    UserError
        The image is not two-dimensional or has no pixels.
    """
    if image.ndim != 2 or image.size == 0:
        raise UserError(f"An image needs two dimensions and pixels; this one is {image.shape}.")
    image, _ = replace_non_finite(np.ascontiguousarray(image))
    # An odd stride keeps the subsample off a column pattern of the sensor.
    step = max(1, image.size // _SAMPLE_SIZE) | 1
    sample = image.ravel()[::step]
    if inside is not None:
        chosen = inside.ravel()[::step]
        sample = sample[chosen] if chosen.any() else image[inside]
    if image.dtype not in _NARROW:
        sample = sample.astype(np.float64)
    low, middle, high = np.quantile(sample, _QUANTILES)
    if low < high:
        low, high = low - (high - low), high + (high - low)
    else:  # an (almost) constant image: take what there is
        low, high = float(image.min()), float(image.max())
    scale = high - low
    rounding = np.finfo(image.dtype).eps if image.dtype.kind == "f" else 0.0
    if scale <= 8 * rounding * max(abs(low), abs(high)):
        return np.zeros(image.shape, np.float32)

    values = image
    if image.dtype not in _NARROW:
        values = _centred(image, low, middle, high, scale)
        low, high = (low - middle) / scale, (high - middle) / scale
    smallest, largest, _, _ = cv2.minMaxLoc(values)
    trusted = max(low, smallest), min(high, largest)
    all_trusted = trusted == (smallest, largest)
    centre, sigma = _statistics(values, None if all_trusted else trusted, inside)
    if sigma == 0.0:
        return np.zeros(image.shape, np.float32)
    low, high = max(low, centre - _LIMIT_SIGMA * sigma), min(high, centre + _LIMIT_SIGMA * sigma)
    limits = None if low <= smallest and largest <= high else (low, high)
    result = values if values is not image else np.empty(image.shape, np.float32)
    _in_halves(lambda rows: _scale(values[rows], result[rows], limits, centre, sigma), len(image))
    if inside is not None:
        result *= inside
    return result


def _statistics(
    values: np.ndarray, trusted: tuple[float, float] | None, inside: np.ndarray | None
) -> tuple[float, float]:
    """Return mean and standard deviation of the values within limits, and inside."""

    def of_rows(rows: slice) -> tuple[int, float, float]:
        part, mask = values[rows], None
        if trusted is not None:
            mask = cv2.inRange(part, *trusted)  # type: ignore[call-overload]
        if inside is not None:
            within = inside[rows].view(np.uint8)
            mask = within if mask is None else cv2.bitwise_and(mask, 255 * within)
        mean, deviation = cv2.meanStdDev(part, mask=mask)
        count = part.size if mask is None else cv2.countNonZero(mask)
        return count, float(mean[0, 0]), float(deviation[0, 0])

    count, mean, deviation = np.array(_in_halves(of_rows, len(values))).T
    centre = float(np.average(mean, weights=count))
    variance = np.average(deviation**2 + (mean - centre) ** 2, weights=count)
    return centre, float(np.sqrt(variance))


def _scale(
    values: np.ndarray,
    result: np.ndarray,
    limits: tuple[float, float] | None,
    centre: float,
    sigma: float,
) -> None:
    """Set `result` to (values - centre) / sigma, some rows at a time: they stay in the cache."""
    step = max(1, _CACHED_PIXELS // values.shape[1])
    for start in range(0, len(values), step):
        part = result[start : start + step]
        np.copyto(part, values[start : start + step])
        if limits is not None:
            np.clip(part, *map(np.float32, limits), out=part)
        part -= np.float32(centre)
        part *= np.float32(1.0 / sigma)


def _in_halves(work: Callable[[slice], T], rows: int) -> list[T]:
    """Return what `work` gives for the upper and the lower rows; of a small image for all."""
    if rows < _HALVED_ROWS:
        return [work(slice(rows))]
    middle = rows // 2
    lower = beside(work, slice(middle, rows))
    return [work(slice(middle)), lower.result()]


def _centred(image: np.ndarray, low: float, middle: float, high: float, scale: float) -> np.ndarray:
    """Return (image - middle) / scale as float32, without loss for wide or extreme values."""
    # Far outliers are cut here, since they may not fit into float32; they stay outside the trusted
    # range by a whole range.
    wide = np.clip(image.astype(np.float64), low - scale, high + scale)
    wide -= middle
    wide /= scale
    return wide.astype(np.float32)


def replace_non_finite(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Replace NaN and infinite pixels by the mean of their finite neighbours.

    Parameters
    ----------
    image
        Shape (height, width).

    Returns
    -------
    image
        The image itself when every pixel is finite, otherwise a repaired copy. Pixels without a
        finite neighbour in a 5x5 window get the median of the finite pixels, or 0 without any.
    count
        Number of replaced pixels.
    """
    if image.dtype.kind != "f":
        return image, 0
    finite = np.isfinite(image)
    count = int(finite.size - np.count_nonzero(finite))
    if count == 0:
        return image, 0
    median = float(np.median(image[finite])) if count < finite.size else 0.0
    filled = np.where(finite, image, median).astype(np.float64)
    window = (_NEIGHBOURHOOD, _NEIGHBOURHOOD)
    weight = cv2.boxFilter(finite.astype(np.float64), -1, window, normalize=False)
    # Sums of differences from the median, so that the fill-in itself weighs nothing.
    excess = cv2.boxFilter(np.where(finite, filled - median, 0.0), -1, window, normalize=False)
    local = median + excess / np.maximum(weight, 1.0)
    return np.where(finite, image, local).astype(image.dtype), count


def masked_areas(image: np.ndarray) -> np.ndarray | None:
    """Return where an image shows nothing, so widely that neighbours cannot fill it in.

    Returns
    -------
    np.ndarray or None
        Bool (height, width): areas of NaN and infinite pixels that are at least 9 wide and high;
        None without any.
    """
    if image.dtype.kind != "f":
        return None
    missing = ~np.isfinite(image)
    if missing.all() or not missing.any():
        return None
    window = np.ones((_WIDE, _WIDE), np.uint8)
    areas = cv2.morphologyEx(missing.view(np.uint8), cv2.MORPH_OPEN, window)
    return areas.view(bool) & missing if areas.any() else None


def without_masked(pixels: np.ndarray, saturation_value: float | None) -> np.ndarray:
    """Turn the pixels that are no measurement into NaN.

    Parameters
    ----------
    pixels
        Shape (height, width).
    saturation_value
        Largest value that is a measurement; None or 0 where that is unknown. Counting detectors
        mark dead pixels and the gaps between their modules with the largest value of the type.

    Returns
    -------
    np.ndarray
        `pixels` itself where all of them are measurements; otherwise a floating-point copy.
    """
    if not saturation_value or pixels.dtype.kind not in "iu":
        return pixels
    if pixels.size == 0 or pixels.max() <= saturation_value:
        return pixels
    masked = pixels > saturation_value
    wide = np.float32 if pixels.dtype in _NARROW else np.float64
    return np.where(masked, wide(np.nan), pixels.astype(wide))


def saturated_fraction(pixels: np.ndarray) -> float:
    """Return the fraction of pixels at the largest value that could be recorded.

    That is the end of the dtype, or the largest of the frame if more pixels have it than a
    histogram's tail would hold: many cameras fill sixteen bits with twelve, and what has been
    processed may be floats.
    """
    if pixels.size == 0:
        return 0.0
    largest = pixels.max()
    share = np.count_nonzero(pixels == largest) / pixels.size
    if pixels.dtype.kind in "iu" and largest == np.iinfo(pixels.dtype).max:
        return share
    if share < _PILED_UP:
        return 0.0
    below = pixels[pixels < largest]
    if below.size == 0:
        return 0.0
    next_lower = np.count_nonzero(below == below.max()) / pixels.size
    return share if share > _OVER_NEXT * next_lower else 0.0
