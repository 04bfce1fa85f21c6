"""Fit from when on an engine says that a frame shows other optics than those told of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...inference.condition import ImagingCondition
from ...inference.condition_check import optics_are_inside
from ...inference.frame_parts import FrameParts
from ...inference.other_optics import OpticsSeen, optics_seen
from ...inference.told import optics_of
from ..learning.examples import ExampleSource
from .example_metadata import example_metadata

_ORDINARY, _LEAST_GAIN = 0.99, 0.03
"""Share of ordinary frames that other optics explain no better than their limit; the least limit.

Frames as in training are stranger than most of a microscope's (docs/decisions/0020)."""


def observed_optics(
    source: ExampleSource, condition: ImagingCondition, frames: int, seed: int
) -> list[OpticsSeen]:
    """Return what frames show of their optics, of those that show any.

    No network is asked, so that they may be many: the one in a hundred that the limits are of is
    one of twenty, not of five.
    """
    rng = np.random.default_rng(seed)
    seen = []
    for _ in range(frames):
        example = source.draw(rng)
        if not optics_are_inside(example_metadata(example, source), condition):
            continue
        parts = FrameParts.of(example.image[0], condition.pixel_size_nm)
        optics = *optics_of(example.told), condition.defocus_nm
        shown = optics_seen(parts, condition, *optics)
        if shown is not None:
            seen.append(shown)
    return seen


def fit_optics_limits(seen: Sequence[OpticsSeen]) -> dict[str, float] | None:
    """Return by how much other optics than those told may explain more of ordinary frames."""
    if not seen:
        return None
    gains = pd.DataFrame([each.gains() for each in seen])
    limits = gains.quantile(_ORDINARY).clip(lower=_LEAST_GAIN)
    return {str(name): float(f"{limit:.4g}") for name, limit in limits.items()}
