"""What an engine says of itself: probabilities, intervals, and frames that it does not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.bundle import RELIABILITY, write_bundle
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.familiarity import NEIGHBOURS, Familiarity
from skyrmlive.inference.reliability import Confidence, Reliability
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.inference.told import TOLD
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.trainer.engine.reliability_fit import (
    best_weight,
    fit_bias,
    fit_confidence,
    fit_familiarity,
    fit_least_confidence,
    fit_usual_confidence,
)

from .samples import CONDITION, blobs, sizing_model, tiny_model

POINTS = np.array([[60.0, 60.0], [130.0, 70.0], [100.0, 130.0]])
METADATA = FrameMetadata(pixel_size_nm=3.0, geometry="sample", defocus_nm=-2e6, tilt_x_deg=20.0)


def test_probabilities_are_fitted_to_what_was_right():
    """The regression finds the weights that made the outcomes."""
    rng = np.random.default_rng(0)
    terms = rng.normal(size=(40_000, 4))
    true = Confidence(intercept=0.5, weights=(1.5, -0.7, 0.3, 0.0))
    right = rng.uniform(size=len(terms)) < true.probability(terms)
    found = fit_confidence(terms, right)
    np.testing.assert_allclose(found.weights, true.weights, atol=0.06)
    assert found.intercept == pytest.approx(0.5, abs=0.06)


def test_what_is_likelier_wrong_than_right_is_left_out():
    """Where probabilities are true, AP50 is highest when it takes from AP50 / (1 + AP50) on."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(size=200_000)
    right = rng.uniform(size=len(confidence)) < confidence
    n_true = np.count_nonzero(right)

    def ap50(least):
        kept = confidence >= least
        return np.count_nonzero(right & kept) / (n_true + np.count_nonzero(~right & kept))

    least = fit_least_confidence(confidence, right, n_true)
    best = max(ap50(cut) for cut in np.linspace(0, 1, 101))
    assert best - 0.0015 < ap50(least) < best - 0.0005
    assert ap50(least - 0.02) < best - 0.001, "less would be worse"
    assert best / (1 + best) - 0.1 < least < best / (1 + best)


def test_where_hardly_anything_is_wrong_nothing_is_left_out():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.6, 1.0, size=5000)
    right = rng.uniform(size=len(confidence)) < 0.98
    assert fit_least_confidence(confidence, right, 5100) == 0


def test_what_is_told_off_the_training_set_is_unfamiliar():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(3, 20))

    def ordinary(count):
        return rng.normal(size=(count, 3)) @ mixing + 0.01 * rng.normal(size=(count, 20))

    familiarity = fit_familiarity(ordinary(400), ordinary(400))
    assert np.mean(familiarity.unfamiliarity(ordinary(2000)) > 1) == pytest.approx(0.03, abs=0.01)
    along = ordinary(100) + 6 * mixing[0]  # far out in a known direction
    across = ordinary(100) + 0.3 * rng.normal(size=20)  # a little in an unknown one
    assert (familiarity.unfamiliarity(along) > 1).mean() > 0.9
    assert (familiarity.unfamiliarity(across) > 1).all()


def test_less_confidence_than_such_a_frame_usually_has_is_unfamiliar():
    """The usual one falls along one direction, as it does with noise."""
    rng = np.random.default_rng(0)

    def frames(count, less=0.0):
        places = rng.normal(size=(count, 6))
        odds = 3 - places[:, 2] - less + 0.2 * rng.normal(size=count)
        return places, 1 / (1 + np.exp(-odds))

    usual = fit_usual_confidence(*frames(1000))
    assert usual is not None
    assert np.mean(usual.lacking(*frames(4000)) > 1) == pytest.approx(0.1, abs=0.015)
    assert np.mean(usual.lacking(*frames(1000, less=1.0)) > 1) > 0.95
    places, confidence = frames(3)
    assert (usual.lacking(places, np.full(3, np.nan)) == 0).all(), "too few skyrmions say nothing"
    assert fit_usual_confidence(places, confidence) is None


def test_what_lies_between_two_kinds_of_frame_is_unfamiliar():
    rng = np.random.default_rng(0)

    def ordinary(count):
        return rng.choice([-5.0, 5.0], (count, 1)) + 0.1 * rng.normal(size=(count, 12))

    familiarity = fit_familiarity(ordinary(400), ordinary(400))
    assert (familiarity.unfamiliarity(0.1 * rng.normal(size=(50, 12))) > 1).all()


def test_an_interval_is_as_wide_as_its_factor_says():
    low, high = Reliability(interval_factor=1.6).interval(np.array([30.0]), np.log([0.1]))
    assert (low[0], high[0]) == pytest.approx((30 / np.exp(0.16), 30 * np.exp(0.16)))
    assert np.isnan(Reliability().interval(np.array([30.0]), np.log([0.1]))).all()


def test_two_estimates_are_weighted_by_what_each_knows():
    """Independent errors go by their variances; what is off in the mean does not count."""
    rng = np.random.default_rng(0)
    first, second = 0.2 * rng.normal(size=20_000), 0.1 * rng.normal(size=20_000) + 0.5
    assert best_weight(first, second) == pytest.approx(0.8, abs=0.01)
    assert best_weight(second, first) == pytest.approx(0.2, abs=0.01)
    assert best_weight(first, first + second) == 0


def test_what_is_taken_off_leaves_means_of_diameters_right():
    rng = np.random.default_rng(4)
    variance = rng.choice([0.01, 0.04], 20_000)
    log_error = 1.5 * variance + np.sqrt(variance) * rng.standard_normal(len(variance))
    bias = fit_bias(log_error, variance)
    # the logarithms' own, and half a variance, by which a log-normal mean exceeds the median
    assert bias == pytest.approx(1.5 + 0.5, abs=0.05)
    assert np.exp(log_error - bias * variance).mean() == pytest.approx(1, abs=1e-9)


def test_a_core_that_is_hardly_seen_is_less_sure_than_one_that_is_half_seen():
    """Cores begin below one half, and their confidence with them."""
    calibrated = Reliability(confidence=Confidence(intercept=0.0, weights=(1.0, 0.0, 0.0, 0.0)))
    nothing = np.zeros(3)
    for reliability in (Reliability(), calibrated):
        found = reliability.confidence_of(np.array([0.25, 0.5, 0.9]), nothing, nothing, nothing)
        np.testing.assert_allclose(found, [0.25, 0.5, 0.9])


def test_a_usual_error_is_taken_from_diameters():
    of_core, drawn = np.array([30.0, np.nan]), np.array([60.0, 1.0])
    log_sigma = np.log([0.2, 0.2])
    corrected = Reliability(bias_per_variance=2.0).diameter(of_core, drawn, log_sigma)
    np.testing.assert_allclose(corrected, [30 * np.exp(-2 * 0.2**2), np.nan])
    both = Reliability(drawn_size_weight=0.5).diameter(of_core, drawn, log_sigma)
    np.testing.assert_allclose(both, [np.sqrt(30 * 60), np.nan])
    unknown = Reliability(bias_per_variance=2.0).diameter(of_core, drawn, np.full(2, np.nan))
    np.testing.assert_allclose(unknown, of_core)


@pytest.fixture(scope="module")
def sizing_engine(tmp_path_factory):
    """A network that knows every size within 5 % times -defocus / mm."""
    frames = ((0.0, 0.0),) * NEIGHBOURS
    familiarity = Familiarity(
        mean=(0.0,) * TOLD,
        scale=(100.0,) * TOLD,
        components=((1.0,) + (0.0,) * (TOLD - 1),),
        outside=1.0,
        frames=frames,
        limit=3.0,
    )
    reliability = Reliability(
        confidence=Confidence(intercept=0.0, weights=(1.0, 0.0, 0.0, 0.0)),
        interval_factor=1.5,
        mean_interval_share=0.8,
        familiarity=familiarity,
    )
    condition = CONDITION.model_copy(update={"size_block": 4})
    files = {RELIABILITY: reliability.model_dump_json().encode()}
    folder = tmp_path_factory.mktemp("engine") / "sizing"
    return Engine.from_bundle(write_bundle(folder, condition, sizing_model(), "", files), threads=1)


def test_sizes_intervals_and_probabilities_reach_the_table(sizing_engine):
    found = Segmenter(sizing_engine).segment(blobs((192, 192), POINTS), METADATA)
    table = found.table
    assert len(table) == 3
    expected = table["diameter_nm"] * np.exp(0.15)
    np.testing.assert_allclose(table["diameter_high_nm"], expected, rtol=1e-3)
    expected = table["diameter_nm"] / np.exp(0.15)
    np.testing.assert_allclose(table["diameter_low_nm"], expected, rtol=1e-3)
    assert table["confidence"].between(0.5, 1).all()
    mean_nm = table["diameter_nm"].mean()
    ends = mean_nm / np.exp(0.8 * 0.15), mean_nm * np.exp(0.8 * 0.15)
    assert (found.diameter.low_nm, found.diameter.high_nm) == pytest.approx(ends, rel=1e-3)
    frame = Frame(blobs((192, 192), POINTS), METADATA)
    summary = SkyrmionAnalyser(sizing_engine).analyse(frame, 0, received_at=0.0).summary
    told = summary.mean_diameter_low_nm, summary.mean_diameter_high_nm
    assert told == pytest.approx(ends, rel=1e-3)
    assert found.unfamiliarity is not None
    assert found.unfamiliarity < 1


def test_what_is_not_credible_is_left_out(sizing_engine):
    """By their size: of three blobs the smallest, the first from the top, goes."""
    radius = np.array([4.0, 6.0, 6.0])
    image = np.max(
        [blobs((192, 192), POINTS[n : n + 1], radius[n]) for n in range(len(POINTS))], axis=0
    )
    all_found = Segmenter(sizing_engine).segment(image, METADATA)
    size_px = all_found.table["diameter_nm"] / all_found.geometry.engine_pixel_nm
    between = float(np.log(size_px[:2]).mean())
    by_size = Confidence(intercept=-20 * between, weights=(0.0, 0.0, 20.0, 0.0))
    update = {"confidence": by_size, "least_confidence": 0.5, "bias_per_variance": 0.0}
    strict = replace(sizing_engine, reliability=sizing_engine.reliability.model_copy(update=update))
    found = Segmenter(strict).segment(image, METADATA)
    assert list(found.table["label"]) == [1, 2]
    assert (found.table["confidence"] > 0.5).all()
    assert found.table["n_neighbours"].max() <= 1
    for name in ("x", "y", "area", "diameter_nm"):
        np.testing.assert_allclose(found.table[name], all_found.table[name][1:])
    expected = np.array([0, 0, 1, 2])[all_found.labels]
    np.testing.assert_array_equal(found.labels, expected)
    update["least_confidence"] = 0.9999999
    nothing = replace(
        sizing_engine, reliability=sizing_engine.reliability.model_copy(update=update)
    )
    found = Segmenter(nothing).segment(image, METADATA)
    assert len(found.table) == 0
    assert not found.labels.any()


@pytest.mark.parametrize(
    ("defocus_nm", "sigma"), [(-1.9e6, 0.095), (-2.1e6, 0.105), (-9e6, 0.11), (None, 0.1)]
)
def test_the_network_is_told_the_frames_defocus(sizing_engine, defocus_nm, sigma):
    """Outside the envelope it is told the envelope's edge, without a defocus the nominal one."""
    metadata = METADATA.model_copy(update={"defocus_nm": defocus_nm})
    table = Segmenter(sizing_engine).segment(blobs((192, 192), POINTS), metadata).table
    half = np.log(table["diameter_high_nm"] / table["diameter_nm"])
    np.testing.assert_allclose(half, 1.5 * sigma, rtol=5e-3)  # bf16 where the CPU has it


def test_an_unfamiliar_frame_is_told(sizing_engine):
    familiarity = sizing_engine.reliability.familiarity.model_copy(update={"limit": 1e-9})
    reliability = sizing_engine.reliability.model_copy(update={"familiarity": familiarity})
    strict = replace(sizing_engine, reliability=reliability)
    found = Segmenter(strict).segment(blobs((192, 192), POINTS), METADATA)
    assert any("does not look like" in warning for warning in found.warnings)
    assert len(found.table) == 3, "it is analysed all the same"


def test_a_stripe_has_no_diameter_and_is_not_counted(tiny_engine):
    along = np.column_stack([np.linspace(40, 150, 60), np.full(60, 150.0)])
    points = np.concatenate([POINTS[:2], along])
    found = Segmenter(tiny_engine).segment(blobs((192, 192), points), METADATA)
    assert found.table["is_stripe"].sum() == 1
    stripe = found.table[found.table["is_stripe"]].iloc[0]
    assert np.isnan(stripe["diameter_nm"])
    assert stripe["y"] == pytest.approx(150, abs=1)
    assert any(warning.startswith("1 stripe") for warning in found.warnings)


def test_an_unreadable_reliability(tmp_path):
    bundle = write_bundle(
        tmp_path / "engine", CONDITION, tiny_model(), "", {RELIABILITY: b'{"interval_level": 2}'}
    )
    with pytest.raises(UserError, match=r"reliability\.json cannot be used: interval_level"):
        Engine.from_bundle(bundle)
