"""From a trained network to an engine bundle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...inference.bundle import HALF_MODEL, RECIPE, RELIABILITY, WEIGHTS, EngineBundle, write_bundle
from ...inference.condition import Envelope, ImagingCondition, Range
from ...inference.engine import Engine
from ...inference.segmenter import Segmenter
from ..dataset.film_store import FilmStore
from ..evaluation.conditions import Setting, all_conditions, evaluation_axes
from ..evaluation.study import study
from ..evaluation.summary import axis_summary
from ..learning.architectures import Network
from ..learning.examples import ExampleSource
from ..learning.network import SkyrmNet
from ..learning.training import Training
from .card import card_text
from .export import to_onnx
from .reliability_fit import fit_reliability
from .weights import packed_weights


def imaging_condition(
    name: str, training: Training, source: ExampleSource, texture: str
) -> ImagingCondition:
    """Return the condition that a network was trained for, with its envelope.

    `texture` is what the films show, in a word or two.
    """
    recipe, optics = training.recipe, training.recipe.optics
    microscope, pixel_size_nm = optics.microscope, source.grid.cell_size_nm
    defocus_mm = sorted((edge * 1e-6 for edge in optics.defocus_range_nm), key=abs)
    return ImagingCondition(
        name=name,
        description=(
            f"{texture[0].upper()}{texture[1:]} at {microscope.voltage_kv:g} kV, defocus "
            f"{defocus_mm[0]:g} to {defocus_mm[1]:g} mm, tilt {optics.tilt_range_deg[0]:g} to "
            f"{optics.tilt_range_deg[1]:g} degrees, {pixel_size_nm:g} nm per pixel"
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
            defocus_nm=Range(low=optics.defocus_range_nm[0], high=optics.defocus_range_nm[1]),
            tilt_deg=Range(low=optics.tilt_range_deg[0], high=optics.tilt_range_deg[1]),
            # frames are resampled; coarser pixels than twice the engine's lose what it looks at
            pixel_size_nm=Range(low=pixel_size_nm / 10, high=2 * pixel_size_nm),
            blur_nm=Range(low=0, high=recipe.degradation.published.blur_pixels[1] * pixel_size_nm),
            noise_percent=Range(low=0, high=recipe.degradation.published.gaussian_percent),
        ),
        mask_definition=str(recipe.labels),
        size_multiple=training.best.size_multiple,
        size_block=training.best.size_block,
        is_given_deconvolved=training.best.is_told,
        seam_margin=training.best.reach,
    )


def may_look_twice(network: Network, source: ExampleSource) -> bool:
    """Say whether a network's answer to a mirror image is worth as much as that to the image."""
    return isinstance(network, SkyrmNet) and source.is_mirror_symmetric


def write_engine(
    directory: Path,
    name: str,
    training: Training,
    stores: list[FilmStore],
    learning: ExampleSource,
    kept_back: ExampleSource,
) -> EngineBundle:
    """Export the best network, fit its reliability, evaluate it as an engine and write the bundle.

    Parameters
    ----------
    learning, kept_back
        The films that it is made for: those that it learned from, and those that it did not.
    """
    texture = " and ".join(dict.fromkeys(store.provenance.texture for store in stores))
    condition = imaging_condition(name, training, kept_back, texture)
    looks = training.recipe.looks if may_look_twice(training.best, kept_back) else 1
    model = to_onnx(training.best, looks=looks)
    extra = {
        WEIGHTS: packed_weights(training.best),
        RECIPE: training.recipe.model_dump_json(indent=2).encode(),
    }
    if isinstance(training.best, SkyrmNet):
        extra[HALF_MODEL] = to_onnx(training.best, half=True, looks=looks)
    # what the bundle says of itself comes from the bundle: write it, ask it, write it again
    bundle = write_bundle(directory, condition, model, "not evaluated yet\n", extra)
    engine = Engine.from_bundle(bundle)
    reliability = fit_reliability(engine, learning, kept_back, training.plan.reliability_frames)
    extra[RELIABILITY] = reliability.model_dump_json().encode()
    engine = replace(engine, reliability=reliability)
    noise = evaluation_axes(Setting.of(condition))["noise"]
    found = study(Segmenter(engine), kept_back, all_conditions([noise]))
    by_noise = axis_summary(found, noise)
    card = card_text(condition, training, reliability, looks, stores, by_noise, len(kept_back))
    return write_bundle(directory, condition, model, card, extra)
