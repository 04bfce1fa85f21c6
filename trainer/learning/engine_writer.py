"""From a trained network to an engine bundle with a card that says how it was made."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pandas as pd

from ...inference.bundle import EngineBundle, write_bundle
from ...inference.condition import Envelope, ImagingCondition, Range
from ...inference.engine import Engine
from ..dataset.film_statistics import describe_films
from ..dataset.film_store import FilmStore
from ..dataset.labels import LabelRule
from .evaluation import evaluate, pairs_from_films, summarise
from .examples import ExampleSource, Optics
from .export import to_onnx
from .network import SkyrmNet
from .noise import NoiseRecipe
from .training import Training


def imaging_condition(
    name: str,
    optics: Optics,
    rule: LabelRule,
    noise: NoiseRecipe,
    pixel_size_nm: float,
    network: SkyrmNet,
    texture: str,
) -> ImagingCondition:
    """Return the condition that a network was trained for, with its envelope.

    `texture` is what the films show, in a word or two.
    """
    microscope = optics.microscope
    defocus = sorted(optics.defocus_nm * (1 + s * optics.defocus_jitter) for s in (-1, 1))
    return ImagingCondition(
        name=name,
        description=(
            f"{texture[0].upper()}{texture[1:]} at {microscope.voltage_kv:g} kV, defocus "
            f"{optics.defocus_nm * 1e-6:g} mm, tilt {optics.tilt_deg:g} degrees, "
            f"{pixel_size_nm:g} nm per pixel"
        ),
        voltage_kv=microscope.voltage_kv,
        defocus_nm=optics.defocus_nm,
        tilt_deg=optics.tilt_deg,
        pixel_size_nm=pixel_size_nm,
        spherical_aberration_nm=microscope.spherical_aberration_nm,
        beam_convergence_rad=microscope.beam_convergence_rad,
        defocus_spread_nm=microscope.defocus_spread_nm,
        envelope=Envelope(
            voltage_kv=Range(low=microscope.voltage_kv, high=microscope.voltage_kv),
            defocus_nm=Range(low=defocus[0], high=defocus[1]),
            tilt_deg=Range(
                low=optics.tilt_deg - optics.tilt_jitter_deg,
                high=optics.tilt_deg + optics.tilt_jitter_deg,
            ),
            # frames are resampled; coarser pixels than twice the engine's lose what it looks at
            pixel_size_nm=Range(low=pixel_size_nm / 10, high=2 * pixel_size_nm),
            noise_percent=Range(low=noise.gaussian_percent[0], high=noise.gaussian_percent[1]),
        ),
        mask_definition=str(rule),
        size_multiple=network.size_multiple,
    )


def card_text(
    condition: ImagingCondition,
    training: Training,
    stores: list[FilmStore],
    noise: NoiseRecipe,
    optics: Optics,
    validation: pd.DataFrame,
    validation_films: int,
) -> str:
    """Return the card of an engine in Markdown."""
    films = "\n\n".join(
        f"{store.provenance.title}: {describe_films(store.records())}.\n{store.provenance.details}"
        for store in stores
    )
    columns = ["subset_accuracy", "f1", "jaccard", "area_ratio", "diameter_ratio"]
    table = "\n".join(
        f"| {noise_percent:g} | " + " | ".join(f"{row[c]:.3f}" for c in columns) + " |"
        for noise_percent, row in validation.iterrows()
    )
    parameters = sum(p.numel() for p in training.network.parameters())
    return f"""# {condition.name}

{condition.description}. Made by skyrmlive {version("skyrmlive")}.

## What it finds

- mask: {condition.mask_definition}
- core: {condition.core_definition}; `diameter_nm` of a result is that of this contour

## Films it learned from

{films}

Every tenth film was kept back for validation.

## Training

- images drawn anew for every example: defocus within {optics.defocus_jitter:.0%} of
  {optics.defocus_nm * 1e-6:g} mm, tilt within {optics.tilt_jitter_deg:g} of
  {optics.tilt_deg:g} degrees, films turned, mirrored where their DMI has that symmetry, and shifted
- noise: `{noise.model_dump_json()}`
- plan: `{training.plan.model_dump_json()}`
- {parameters / 1e6:.2f} million parameters, {training.step} steps in
  {training.seconds / 60:.0f} minutes

## Its own evaluation

{validation_films} validation films at the exact condition, Gaussian noise added to the stretched
image, through the same normalisation and backend as a frame at the microscope:

| noise (%) | subset accuracy | F1 | Jaccard | mask area, found / true | diameter, found / true |
|---|---|---|---|---|---|
{table}
"""


def write_engine(
    directory: Path,
    name: str,
    training: Training,
    stores: list[FilmStore],
    validation: ExampleSource,
    rule: LabelRule,
) -> EngineBundle:
    """Export the averaged network, evaluate it through its own engine and write the bundle."""
    condition = imaging_condition(
        name,
        validation.optics,
        rule,
        validation.noise,
        validation.grid.cell_size_nm,
        training.average,
        " and ".join(dict.fromkeys(store.provenance.texture for store in stores)),
    )
    model = to_onnx(training.average)
    # the card's figures come from the bundle itself: write, evaluate, write again with the card
    bundle = write_bundle(directory, condition, model, "not evaluated yet\n")
    scores = summarise(evaluate(Engine.from_bundle(bundle), pairs_from_films(validation)))
    card = card_text(
        condition, training, stores, validation.noise, validation.optics, scores, len(validation)
    )
    return write_bundle(directory, condition, model, card)
