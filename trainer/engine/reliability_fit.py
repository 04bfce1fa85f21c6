"""Fit what an engine says of its own reliability, on films that it was not trained on."""

from __future__ import annotations

import numpy as np

from ...inference.engine import Engine
from ...inference.familiarity import (
    NEIGHBOURS,
    Familiarity,
    UsualConfidence,
    log_odds,
    mean_confidence,
)
from ...inference.reliability import Confidence, Reliability
from ..learning.examples import ExampleSource
from .logistic_fit import fit_logistic
from .mean_interval_fit import fit_mean_interval_share
from .observations import observe
from .optics_judge_fit import fit_optics_judges
from .rounding import rounded

_MAX_COMPONENTS = 16
_ORDINARY, _USUALLY_SURE = 0.97, 0.90
"""Frames as in training are stranger than most of a microscope's, by noise, blur, backgrounds: of
sharp ones at the nominal condition fewer are beyond these limits (docs/decisions/0020)."""
_OBSERVED_FRAMES = 4
"""Times as many frames for probabilities and intervals: the skyrmions of a frame err alike, and 500
frames tell their mean to 0.7 % and the width of an interval to a tenth (docs/decisions/0036)."""
_OPTICS_FRAMES = 4
"""Times as many ordinary frames for the judges of the optics, whose limits are of rarer ones."""
_SLIGHT_GAIN = 0.001
"""Of AP50, for which nothing that was found is left out."""
_ENOUGH_SIZES = 20
"""Diameters from which a usual error can be told."""
_RIDGE = 1e-3
_NEWTON_STEPS = 8


def fit_reliability(
    engine: Engine,
    training: ExampleSource,
    validation: ExampleSource,
    frames: int,
    level: float = 0.9,
) -> Reliability:
    """Return the reliability of an engine.

    Probabilities and intervals are fitted to frames of the films kept back; what an ordinary frame
    looks like is learned from the training films, and its limit set on those kept back; what it
    shows of its optics, of the training films alone. All frames are degraded as in training.
    """
    kept_back = observe(engine, validation, _OBSERVED_FRAMES * frames, seed=1)
    confidence = factor = None
    least = bias = weight = 0.0
    if 0 < np.count_nonzero(kept_back.right) < len(kept_back.right):
        confidence = fit_confidence(kept_back.terms, kept_back.right)
        probability = confidence.probability(kept_back.terms)
        least = fit_least_confidence(probability, kept_back.right, kept_back.n_true)
        kept_back = kept_back.only(probability >= least)
    sized = kept_back.sized
    sigma = np.exp(sized["log_sigma"].to_numpy())
    if len(sized) and np.isfinite(sigma).all():
        true_nm = sized["true_diameter_nm"]
        log_error = np.log(sized["diameter_nm"] / true_nm).to_numpy()
        if len(log_error) >= _ENOUGH_SIZES:
            drawn_log_error = np.log(sized["drawn_nm"] / true_nm).to_numpy()
            weight = best_weight(log_error, drawn_log_error)
            log_error = (1 - weight) * log_error + weight * drawn_log_error
            bias = fit_bias(log_error, sigma**2)
        off = np.abs(log_error - bias * sigma**2)
        factor = float(np.quantile(off / sigma, level))
    learned = training.draw_told(np.random.default_rng(2), frames)
    familiarity = fit_familiarity(learned, kept_back.told)
    if confidence is not None:
        probability = confidence.probability(kept_back.terms)
        of_frame = kept_back.found["frame"].to_numpy()
        means = [mean_confidence(probability[of_frame == n]) for n in range(len(kept_back.told))]
        usual = fit_usual_confidence(familiarity.places(kept_back.told), np.array(means))
        familiarity = familiarity.model_copy(update={"usual_confidence": usual})
    reliability = Reliability(
        confidence=confidence,
        least_confidence=least,
        interval_level=level,
        interval_factor=factor,
        drawn_size_weight=weight,
        bias_per_variance=bias,
        familiarity=familiarity,
        # no network is asked, so that films need not be new, and more of them are better
        optics_judges=fit_optics_judges(
            training.as_simulated(), engine.condition, _OPTICS_FRAMES * frames, frames, seed=3
        ),
    )
    share = fit_mean_interval_share(reliability, kept_back.found, kept_back.true_mean_nm)
    return reliability.model_copy(update={"mean_interval_share": share})


def fit_bias(log_error: np.ndarray, variance: np.ndarray) -> float:
    """Return what times their variance is to be taken off logarithms, that diameters are right.

    In their mean: that of found over true is one then. The mean of the logarithms is zero at less,
    and means of diameters, which is what people quote, too large by half the variance.

    Parameters
    ----------
    log_error, variance
        Error of ln(diameter), and the variance that the network gives it, shape (n,).
    """
    bias = float(np.sum(log_error) / np.sum(variance))
    for _ in range(_NEWTON_STEPS):
        ratio = np.exp(log_error - bias * variance)
        bias += float(np.sum(ratio - 1) / np.sum(ratio * variance))
    return bias


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
    intercept, slopes = fit_logistic(terms, right, _RIDGE)
    core, sigma, size, border = map(float, slopes)
    return Confidence(intercept=intercept, weights=(core, sigma, size, border))


def fit_least_confidence(confidence: np.ndarray, right: np.ndarray, n_true: int) -> float:
    """Return from which confidence on what is found should be kept, 0 if all of it.

    The lowest by which the AP50 is within a thousandth of the highest that can be had: what is left
    out for nothing is missing in the count.

    Parameters
    ----------
    confidence, right
        Of everything found, shape (n,).
    n_true
        Skyrmions that are there.
    """
    order = np.argsort(-confidence, kind="stable")
    n_right = np.cumsum(right[order])
    n_wrong = np.arange(1, len(order) + 1) - n_right
    ap50 = n_right / (n_true + n_wrong)
    last = int(np.flatnonzero(ap50 >= ap50.max() - _SLIGHT_GAIN)[-1])
    if last == len(order) - 1:
        return 0.0
    return float(confidence[order[last : last + 2]].mean())


def fit_familiarity(learned: np.ndarray, kept_back: np.ndarray) -> Familiarity:
    """Return the familiarity of frames, told as (frames, TOLD); its limit is of those kept back."""
    mean, scale = learned.mean(axis=0), learned.std(axis=0) + 1e-6
    off = (learned - mean) / scale
    directions = np.linalg.svd(off, full_matrices=False)[2]
    inner = directions[: min(_MAX_COMPONENTS, len(mean) // 2)]
    usual = np.sqrt(np.mean(np.sum((off @ inner.T) ** 2, axis=1)))
    rest = off - off @ inner.T @ inner
    found = Familiarity(
        mean=rounded(mean),
        scale=rounded(scale),
        components=tuple(rounded(row) for row in inner / usual),
        outside=float(np.sqrt(np.mean(np.sum(rest**2, axis=1)))) or 1e-6,
        frames=((0.0,) * (len(inner) + 1),) * NEIGHBOURS,
        limit=1.0,
    )
    frames = tuple(rounded(place) for place in found.places(learned))
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
    intercept, *weights = rounded(slopes)
    return UsualConfidence(intercept=intercept, weights=tuple(weights), limit=limit)
