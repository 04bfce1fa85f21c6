"""Fit from when on an engine says that a frame shows other optics than those told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...inference.condition import ImagingCondition
from ...inference.condition_check import optics_are_inside
from ...inference.frame_parts import FrameParts
from ...inference.other_optics import (
    AS_TOLD,
    OTHER_OPTICS,
    Optics,
    OpticsJudge,
    OpticsSeen,
    optics_seen,
)
from ...inference.told import optics_of
from ..learning.examples import ExampleSource
from .example_metadata import example_metadata
from .logistic_fit import fit_logistic
from .rounding import rounded

_ORDINARY = 0.99
"""Share of ordinary frames that are not suspected of one of the others.

Frames as in training are stranger than most of a microscope's (docs/decisions/0020)."""

_ENOUGH_FRAMES = 10
"""Of each kind, from which a judge can be fitted."""

_RIDGE = 1e-4


def fit_optics_judges(
    source: ExampleSource, condition: ImagingCondition, ordinary: int, others: int, seed: int
) -> dict[str, OpticsJudge] | None:
    """Return a judge for each of `OTHER_OPTICS`, None where too few frames show their optics.

    No network is asked.

    Parameters
    ----------
    ordinary, others
        Frames that are told right, and frames under each of the others.
    """
    told_right = observed_optics(source, condition, AS_TOLD, ordinary, seed)
    told_wrong = {
        name: observed_optics(source, condition, optics, others, seed + number)
        for number, (name, optics) in enumerate(OTHER_OPTICS.items(), 1)
    }
    if min(map(len, (told_right, *told_wrong.values()))) < _ENOUGH_FRAMES:
        return None
    return judges(told_right, told_wrong)


def observed_optics(
    source: ExampleSource, condition: ImagingCondition, true: Optics, frames: int, seed: int
) -> list[OpticsSeen]:
    """Return what frames, of so many, show of their optics, which are `true`, told as no others."""
    rng = np.random.default_rng(seed)
    stretch = abs(true.defocus_factor)
    under = source.under(source.optics.at_defocus(stretch))
    seen = []
    for _ in range(frames):
        example = under.draw(rng)
        example.told[0] /= stretch
        if not optics_are_inside(example_metadata(example, source), condition):
            continue
        image = example.image[0] * np.sign(true.defocus_factor, dtype=np.float32)
        if true.is_across:
            image = np.rot90(image, 3)
        parts = FrameParts.of(np.ascontiguousarray(image), condition.pixel_size_nm)
        shown = optics_seen(parts, condition, *optics_of(example.told), condition.defocus_nm)
        if shown is not None:
            seen.append(shown)
    return seen


def judges(
    told_right: Sequence[OpticsSeen], told_wrong: Mapping[str, Sequence[OpticsSeen]]
) -> dict[str, OpticsJudge]:
    """Return what tells those told wrong from those told right, by logistic regression.

    Suspected is what looks like them, and does so more than `_ORDINARY` of those told right.
    """
    found = {}
    for name, frames in told_wrong.items():
        ordinary, others = (
            np.array([[each.told, each.others[name]] for each in seen])
            for seen in (told_right, frames)
        )
        is_other = np.repeat([False, True], [len(ordinary), len(others)])
        intercept, weights = fit_logistic(np.concatenate([ordinary, others]), is_other, _RIDGE)
        score = intercept + ordinary @ weights
        usual = np.median(score)
        span = max(0.0, float(np.quantile(score, _ORDINARY))) - usual
        at_none, of_told, of_other = rounded(
            value / span for value in (intercept - usual, *weights)
        )
        found[name] = OpticsJudge(intercept=at_none, told=of_told, other=of_other)
    return found
