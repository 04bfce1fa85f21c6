"""Large frames go through the network in parts that overlap, without a seam."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .backends.backend import Backend, NetworkOutput
from .condition import ImagingCondition

LARGEST_SIDE = 4096
"""Pixels along a side that the network takes at once; its memory grows with their square."""


def infer_in_parts(
    backend: Backend,
    image: np.ndarray,
    told: np.ndarray,
    condition: ImagingCondition,
    largest_side: int = LARGEST_SIDE,
) -> NetworkOutput:
    """Run the network on one image of any size.

    All parts have one shape, start at multiples of the network's size, and overlap by twice its
    reach (`ImagingCondition.seam_margin`) at least: what each pixel gets is what it would get from
    the whole image. What is told is of the whole image.

    Parameters
    ----------
    image
        float32 (height, width), as `Geometry.engine_image` makes it.
    told
        float32 (TOLD,).
    """
    height, width = image.shape
    if max(height, width) <= largest_side:
        return backend.infer(image[np.newaxis, np.newaxis], told[np.newaxis])
    multiple, block = condition.size_multiple, condition.size_block
    margin = -(-condition.seam_margin // multiple) * multiple
    rows = _parts(height, largest_side, margin, multiple)
    columns = _parts(width, largest_side, margin, multiple)
    probability = np.empty((1, 2, height, width), np.float32)
    log_diameter = None
    if block is not None:
        log_diameter = np.empty((1, 2, height // block, width // block), np.float32)
    for read_y, write_y in rows:
        for read_x, write_x in columns:
            part = image[np.newaxis, np.newaxis, read_y, read_x]
            found = backend.infer(np.ascontiguousarray(part), told[np.newaxis])
            inner = _inside(write_y, read_y), _inside(write_x, read_x)
            probability[..., write_y, write_x] = found.probability[(..., *inner)]
            if block is not None and log_diameter is not None and found.log_diameter is not None:
                where = tuple(_over(each, block) for each in (write_y, write_x))
                inner = tuple(_over(each, block) for each in inner)
                log_diameter[(..., *where)] = found.log_diameter[(..., *inner)]
    return NetworkOutput(probability, log_diameter)


def _parts(side: int, largest: int, margin: int, multiple: int) -> list[tuple[slice, slice]]:
    """Return what each part of an axis reads, and what it writes."""
    length = max(largest // multiple, 2 * margin // multiple + 1) * multiple
    if side <= length:
        return [(slice(0, side), slice(0, side))]
    count = -(-(side - 2 * margin) // (length - 2 * margin))
    last = side - length
    starts = [round(last * i / (count - 1) / multiple) * multiple for i in range(count)]
    # the seam between two parts lies in the middle of what they share
    seams = [
        (start + length + following) // 2 // multiple * multiple
        for start, following in pairwise(starts)
    ]
    edges = [0, *seams, side]
    return [
        (slice(start, start + length), slice(low, high))
        for start, (low, high) in zip(starts, pairwise(edges), strict=True)
    ]


def _inside(part: slice, whole: slice) -> slice:
    return slice(part.start - whole.start, part.stop - whole.start)


def _over(part: slice, block: int) -> slice:
    return slice(part.start // block, part.stop // block)
