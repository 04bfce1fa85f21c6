"""Large frames go through the network in parts that overlap, without a seam."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from .backends.backend import Backend, NetworkOutput
from .condition import ImagingCondition
from .frame_parts import BINNING

LARGEST_SIDE = 4096
"""Pixels along a side that the network takes at once; its memory grows with their square."""


def infer_in_parts(
    backend: Backend,
    image: np.ndarray,
    told: np.ndarray,
    condition: ImagingCondition,
    deconvolved: np.ndarray | None = None,
    largest_side: int = LARGEST_SIDE,
) -> NetworkOutput:
    """Run the network on one image of any size.

    All parts have one shape, start at multiples of the network's size, and overlap by twice its
    reach (`ImagingCondition.seam_margin`) at least: what each pixel gets is what it would get from
    the whole image. What is told is of the whole image. What a network makes of all skyrmions of a
    frame (`trainer.learning.frame_context`) it makes of those of each part, thousands as they are.

    Parameters
    ----------
    image
        float32 (height, width), as `Geometry.engine_image` makes it.
    told
        float32 (TOLD,).
    deconvolved
        Of the image, see `Backend.infer`, without the first axis; also of a large image as a whole.
    """
    height, width = image.shape
    if max(height, width) <= largest_side:
        whole_deconvolved = None if deconvolved is None else deconvolved[np.newaxis]
        return backend.infer(image[np.newaxis, np.newaxis], told[np.newaxis], whole_deconvolved)
    multiple, block = condition.size_multiple, condition.size_block
    margin = -(-condition.seam_margin // multiple) * multiple
    rows = _parts(height, largest_side, margin, multiple)
    columns = _parts(width, largest_side, margin, multiple)
    whole = None
    for read_y, write_y in rows:
        for read_x, write_x in columns:
            part = image[np.newaxis, np.newaxis, read_y, read_x]
            sharper = None
            if deconvolved is not None:
                sharper = deconvolved[np.newaxis, :, _over(read_y, BINNING), _over(read_x, BINNING)]
            found = backend.infer(part, told[np.newaxis], sharper)
            whole = whole or _room_for(found, (height, width), block)
            for target, source, side in zip(
                _by_place(whole), _by_place(found), _sides(found, block), strict=True
            ):
                y, x = (_over(axis, side) for axis in (write_y, write_x))
                inner_y, inner_x = (
                    _over(_inside(write, read), side)
                    for write, read in ((write_y, read_y), (write_x, read_x))
                )
                target[:, y, x] = source[:, inner_y, inner_x]
    assert whole is not None, "there is one part at least"
    return whole


def _room_for(part: NetworkOutput, shape: tuple[int, int], size_block: int | None) -> NetworkOutput:
    """Return an output like that of a part, to be filled, for an image of (height, width)."""
    empty = []
    for values, side in zip(_by_place(part), _sides(part, size_block), strict=True):
        empty.append(
            np.empty((1, shape[0] // side, shape[1] // side, values.shape[-1]), np.float32)
        )
    mask, core = (
        replace(each, blocks=blocks, shape=shape)
        for each, blocks in zip((part.mask, part.core), empty, strict=False)
    )
    return NetworkOutput(mask, core, np.moveaxis(empty[2], -1, 1) if len(empty) > 2 else None)


def _by_place(output: NetworkOutput) -> list[np.ndarray]:
    """Return all that it has, each as (1, rows, columns, values)."""
    maps = [output.mask.blocks, output.core.blocks]
    if output.log_diameter is not None:
        maps.append(np.moveaxis(output.log_diameter, 1, -1))
    return maps


def _sides(output: NetworkOutput, size_block: int | None) -> list[int]:
    """Return how many pixels along a side each of those has a place for."""
    sides = [output.mask.block, output.core.block]
    if output.log_diameter is not None:
        sides.append(size_block or 1)
    return sides


def _parts(side: int, largest: int, margin: int, multiple: int) -> list[tuple[slice, slice]]:
    """Return what each part of an axis reads, and what it writes."""
    length = max(largest // multiple, 2 * margin // multiple + 1) * multiple
    if side <= length:
        return [(slice(0, side), slice(0, side))]
    count = -(-(side - 2 * margin) // (length - 2 * margin))
    # no longer than so many parts have to be: 8192 pixels are three parts of 3072, not of 4096
    each = -(-(side - 2 * margin) // count) + 2 * margin
    length = -(-each // multiple) * multiple
    starts = [min(i * (length - 2 * margin), side - length) for i in range(count)]
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
