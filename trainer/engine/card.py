"""The card of an engine: what it is, how it was made, and how good it is by its own measure."""

from __future__ import annotations

from importlib.metadata import version

import pandas as pd

from ...inference.condition import ImagingCondition
from ...inference.reliability import Reliability
from ..dataset.film_statistics import describe_films
from ..dataset.film_store import FilmStore
from ..evaluation.measures import MEASURES
from ..learning.training import Training

_MEASURES = (
    "jaccard",
    "f1",
    "ap50",
    "count_bias_percent",
    "diameter_bias_percent",
    "diameter_spread_percent",
    "centre_error_nm",
    "coverage",
)


def card_text(
    condition: ImagingCondition,
    training: Training,
    reliability: Reliability,
    looks: int,
    stores: list[FilmStore],
    by_noise: pd.DataFrame,
    validation_films: int,
) -> str:
    """Return the card of an engine in Markdown.

    `by_noise` is a summary by `noise_percent`; for `looks` see `TrainingRecipe`.
    """
    least = reliability.least_confidence
    left_out = f" (from {least:.2f} on)" if least else ""
    films = "\n\n".join(
        f"{store.provenance.title}: {describe_films(store.records())}.\n{store.provenance.details}"
        for store in stores
    )
    measures = [MEASURES[name] for name in _MEASURES]
    header = " | ".join(["noise (%)", *(measure.title for measure in measures)])
    rows = "\n".join(
        " | ".join([f"| {noise:g}", *(f"{row[m.name]:.{m.decimals}f}" for m in measures)]) + " |"
        for noise, row in by_noise.iterrows()
    )
    recipe = training.recipe
    parameters = sum(p.numel() for p in training.best.parameters())
    looked_at = {
        1: "an image once",
        2: "an image and its mirror image, for the mean of both answers",
    }
    start = "random weights" if recipe.start_from is None else f"`{recipe.start_from}`"
    if recipe.start_from == condition.name:
        start = f"those that {start} had before"
    return f"""# {condition.name}

{condition.description}. Made by skyrmlive {version("skyrmlive")} from the recipe `{recipe.name}`,
which stands whole in `recipe.json`.

## What it finds

- mask: {condition.mask_definition}
- core: {condition.core_definition}; `diameter_nm` of a result is that of this contour
- a 90 % interval of every diameter, and the probability that it is a skyrmion{left_out}:
  `reliability.json`
- it looks at {looked_at[looks]}

## Films it learned from

{films}

Every tenth film was kept back for validation.

## Training

{parameters / 1e6:.2f} million parameters, from {start}: {training.step} steps of
{recipe.plan.batch} images in {training.seconds / 60:.0f} minutes. Every image was computed anew, at
a defocus and a tilt within the ranges above, from a film turned, mirrored where its DMI has that
symmetry, and shifted.

## Its own evaluation

{validation_films} validation films at the nominal condition, Gaussian noise added to the stretched
image, through the same path as a frame at the microscope. `skyrmlive evaluate` does it on films of
another seed, at all conditions and with intervals.

| {header} |
|{"---|" * (len(measures) + 1)}
{rows}
"""
