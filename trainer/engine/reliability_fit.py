"""Fit what an engine says of its own reliability, on films that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from ...inference.engine import Engine
from ...inference.familiarity import (
    NEIGHBOURS,
    Familiarity,
    UsualConfidence,
    log_odds,
    mean_confidence,
)
from ...inference.reliability import Confidence, Reliability, confidence_terms
from ...inference.segmenter import Segmentation, Segmenter
from ..evaluation.matching import matches, overlaps
from ..evaluation.truth_table import TrueObjects, true_objects
from ..learning.examples import ExampleSource
from .example_metadata import example_metadata
from .mean_interval_fit import fit_mean_interval_share
from .optics_limits_fit import fit_optics_limits, observed_optics

_MAX_COMPONENTS = 16
_ORDINARY, _USUALLY_SURE = 0.97, 0.90
"""Frames as in training are stranger than most of a microscope's, by noise, blur, backgrounds: of
sharp ones at the nominal condition fewer are beyond these limits (docs/decisions/0020)."""
_OPTICS_FRAMES = 4
"""Times as many frames for the limits of the optics, which are of rarer ones."""
_ENOUGH_SIZES = 20
"""Diameters from which a usual error can be told."""
_RIDGE = 1e-3


@dataclass(frozen=True)
class _Observations:
    """What an engine found in frames, and what was there.

    `frame` (its number, n,), `terms` (n, 4) and `right` (n,) of every object found; of the sizes of
    those that are right and whole `log_error` by the core's area, `drawn_log_error` by the map of
    sizes, and `sigma`, each (m,); `told` (frames, TOLD). `found` and `true_mean_nm` as
    `fit_mean_interval_share` takes them.
    """

    frame: np.ndarray
    terms: np.ndarray
    right: np.ndarray
    log_error: np.ndarray
    drawn_log_error: np.ndarray
    sigma: np.ndarray
    told: np.ndarray
    found: pd.DataFrame
    true_mean_nm: np.ndarray


def fit_reliability(
    engine: Engine,
    training: ExampleSource,
    validation: ExampleSource,
    frames: int,
    level: float = 0.9,
) -> Reliability:
    """Return the reliability of an engine.

    Probabilities and intervals are fitted to frames of the films kept back; what an ordinary frame
    looks like is learned from the training films, and its limit set on those kept back. All frames
    are degraded as in training.
    """
    plain = replace(engine, reliability=Reliability())
    kept_back = _observed(plain, validation, frames, seed=1)
    confidence = factor = None
    bias = weight = 0.0
    if 0 < np.count_nonzero(kept_back.right) < len(kept_back.right):
        confidence = fit_confidence(kept_back.terms, kept_back.right)
    if len(kept_back.log_error) and np.isfinite(kept_back.sigma).all():
        log_error = kept_back.log_error
        if len(log_error) >= _ENOUGH_SIZES:
            weight = best_weight(log_error, kept_back.drawn_log_error)
            log_error = (1 - weight) * log_error + weight * kept_back.drawn_log_error
            # each error weighed by its variance
            bias = float(np.sum(log_error) / np.sum(kept_back.sigma**2))
        off = np.abs(log_error - bias * kept_back.sigma**2)
        factor = float(np.quantile(off / kept_back.sigma, level))
    learned = training.draw_told(np.random.default_rng(2), frames)
    familiarity = fit_familiarity(learned, kept_back.told)
    if confidence is not None:
        probability = confidence.probability(kept_back.terms)
        of_frames = (probability[kept_back.frame == frame] for frame in range(len(kept_back.told)))
        means = [mean_confidence(each) for each in of_frames]
        usual = fit_usual_confidence(familiarity.places(kept_back.told), np.array(means))
        familiarity = familiarity.model_copy(update={"usual_confidence": usual})
    reliability = Reliability(
        confidence=confidence,
        interval_level=level,
        interval_factor=factor,
        drawn_size_weight=weight,
        bias_per_variance=bias,
        familiarity=familiarity,
        optics_limits=fit_optics_limits(
            observed_optics(validation, engine.condition, _OPTICS_FRAMES * frames, seed=3)
        ),
    )
    share = fit_mean_interval_share(reliability, kept_back.found, kept_back.true_mean_nm)
    return reliability.model_copy(update={"mean_interval_share": share})


def best_weight(log_error: np.ndarray, other: np.ndarray) -> float:
    """Return the weight, 0 to 1, of a second estimate beside a first whose mean varies least.

    Parameters
    ----------
    log_error, other
        Errors of both, shape (n,). What is off in the mean does not count.
    """
    first, second = log_error - log_error.mean(), other - other.mean()
    apart = second - first
    return float(np.clip(-(first @ apart) / max(apart @ apart, 1e-12), 0.0, 1.0))


def fit_confidence(terms: np.ndarray, right: np.ndarray) -> Confidence:
    """Return the logistic regression of `right` (n,) on `terms` (n, 4), with a slight ridge."""
    centre, scale = terms.mean(axis=0), terms.std(axis=0) + 1e-9
    x = np.column_stack([np.ones(len(terms)), (terms - centre) / scale])
    sign = np.where(right, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (x @ weights)
        slope = -sign / (1 + np.exp(np.clip(margin, -50, 50)))
        ridge = _RIDGE * np.sum(weights[1:] ** 2)
        gradient = x.T @ slope / len(x)
        gradient[1:] += 2 * _RIDGE * weights[1:]
        return float(np.logaddexp(0, -margin).mean() + ridge), gradient

    weights = minimize(loss, np.zeros(x.shape[1]), jac=True, method="BFGS").x
    slopes = weights[1:] / scale
    core, sigma, size, border = map(float, slopes)
    return Confidence(
        intercept=float(weights[0] - slopes @ centre), weights=(core, sigma, size, border)
    )


def fit_familiarity(learned: np.ndarray, kept_back: np.ndarray) -> Familiarity:
    """Return the familiarity of frames, told as (frames, TOLD); its limit is of those kept back."""
    mean, scale = learned.mean(axis=0), learned.std(axis=0) + 1e-6
    off = (learned - mean) / scale
    directions = np.linalg.svd(off, full_matrices=False)[2]
    inner = directions[: min(_MAX_COMPONENTS, len(mean) // 2)]
    usual = np.sqrt(np.mean(np.sum((off @ inner.T) ** 2, axis=1)))
    rest = off - off @ inner.T @ inner
    found = Familiarity(
        mean=_rounded(mean),
        scale=_rounded(scale),
        components=tuple(_rounded(row) for row in inner / usual),
        outside=float(np.sqrt(np.mean(np.sum(rest**2, axis=1)))) or 1e-6,
        frames=((0.0,) * (len(inner) + 1),) * NEIGHBOURS,
        limit=1.0,
    )
    frames = tuple(_rounded(place) for place in found.places(learned))
    found = found.model_copy(update={"frames": frames})
    limit = float(np.quantile(found.distance(found.places(kept_back)), _ORDINARY))
    return found.model_copy(update={"limit": limit})


def fit_usual_confidence(places: np.ndarray, confidence: np.ndarray) -> UsualConfidence | None:
    """Return the mean confidence that is usual at a place, None if too few frames tell.

    Parameters
    ----------
    places
        Of n ordinary frames, shape (n, components + 1).
    confidence
        Mean of each frame's skyrmions, shape (n,), NaN where nobody knows.
    """
    known = np.isfinite(confidence)
    if np.count_nonzero(known) < 2 * places.shape[1]:
        return None
    x = np.column_stack([np.ones(np.count_nonzero(known)), places[known]])
    observed = log_odds(confidence[known])
    slopes = np.linalg.lstsq(x, observed, rcond=None)[0]
    limit = max(float(np.quantile(x @ slopes - observed, _USUALLY_SURE)), 1e-3)
    intercept, *weights = _rounded(slopes)
    return UsualConfidence(intercept=intercept, weights=tuple(weights), limit=limit)


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.5g}") for value in values)


def _observed(engine: Engine, source: ExampleSource, frames: int, seed: int) -> _Observations:
    rng = np.random.default_rng(seed)
    segmenter = Segmenter(engine)
    objects, told, true_means = [], [], []
    for number in range(frames):
        example = source.draw(rng)
        found = segmenter.segment(example.image[0], example_metadata(example, source))
        truth = true_objects(example.labels, source.grid.cell_size_nm)
        objects.append(_objects(found, truth).assign(frame=number))
        told.append(example.told)
        true_means.append(truth.mean_diameter_nm)
    table = pd.concat(objects).query("diameter_nm.notna()")  # no stripes
    terms = confidence_terms(
        *(
            table[name].to_numpy()
            for name in ("core_mean", "log_sigma", "log_size", "touches_border")
        )
    )
    sized = table.query("true_diameter_nm.notna() and not touches_border and not cut")
    log_true = np.log(sized["true_diameter_nm"].to_numpy())
    return _Observations(
        table["frame"].to_numpy(),
        terms,
        table["right"].to_numpy(),
        np.log(sized["diameter_nm"].to_numpy()) - log_true,
        np.log(sized["drawn_nm"].to_numpy()) - log_true,
        np.exp(sized["log_sigma"].to_numpy()),
        np.stack(told),
        table,
        np.array(true_means),
    )


def _objects(found: Segmentation, truth: TrueObjects) -> pd.DataFrame:
    """Return one row an object found, with the diameter of its match, NaN without one."""
    table = found.table.set_index("label")
    match = matches(overlaps(found.labels, truth.labels)).set_index("found")["true"]
    true = truth.table.set_index("label")
    diameter_nm, pixel_nm = table["diameter_nm"], found.geometry.engine_pixel_nm
    drawn_px = log_sigma = np.full(len(table), np.nan)
    if found.sizes is not None:  # frames of films are in the engine's geometry
        drawn_px, log_sigma = found.sizes.at(table[["x", "y"]].to_numpy())
    return pd.DataFrame(
        {
            "core_mean": table["confidence"],  # it is that, without a reliability
            "log_sigma": log_sigma,
            "log_size": np.log(diameter_nm / pixel_nm),
            "diameter_nm": diameter_nm,
            "drawn_nm": drawn_px * pixel_nm,
            "touches_border": table["touches_border"],
            "right": table.index.isin(match.index),
            "true_diameter_nm": match.map(true["diameter_nm"]).reindex(table.index),
            "cut": match.map(true["touches_border"]).reindex(table.index).eq(True),
        }
    )
