"""Intervals, calibration and ranks, where the answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from skyrmlive.trainer.evaluation.bootstrap import interval
from skyrmlive.trainer.evaluation.calibration_curves import (
    calibration_error,
    confidence_bin,
    coverage_curve,
    reliability,
)
from skyrmlive.trainer.evaluation.familiarity import area_under_roc, familiarity_summary


def mean(totals):
    return totals[..., 0] / totals[..., 1]


def test_an_interval_of_95_percent_holds_a_mean_in_95_percent_of_the_cases():
    rng = np.random.default_rng(0)
    inside = 0
    for series in range(300):
        values = rng.normal(3.0, 2.0, 60)
        found = interval(np.stack([values, np.ones(60)], 1), mean, n=300, seed=series)
        assert found.value == pytest.approx(values.mean())
        inside += found.low <= 3.0 <= found.high
    assert 0.91 < inside / 300 < 0.98


def test_films_are_resampled_and_not_what_they_hold():
    """A hundred equal skyrmions in each of a few films tell as much as one of each."""
    rng = np.random.default_rng(1)
    values = rng.normal(0.0, 1.0, 30)
    one = interval(np.stack([values, np.ones(30)], 1), mean)
    hundred = interval(np.stack([100 * values, np.full(30, 100.0)], 1), mean)
    assert hundred == pytest.approx(one)
    wider = interval(np.stack([values, np.ones(30)], 1), mean, level=0.99)
    assert wider.low < one.low < one.high < wider.high


def test_what_cannot_be_told_is_nan():
    assert np.isnan(interval(np.zeros((5, 2)), mean)).all()
    assert np.isnan(interval(np.zeros((0, 2)), mean)).all()


def test_calibration_error_of_bins_by_hand():
    confidence = np.repeat([0.25, 0.95], [40, 60])
    matched = np.concatenate([np.arange(40) < 20, np.arange(60) < 54])
    diagram = reliability(confidence, matched)
    # off by 0.25 in 40 % and by 0.05 in 60 %
    expected = 0.4 * 0.25 + 0.6 * 0.05
    assert diagram.attrs["calibration_error"] == pytest.approx(expected)
    filled = diagram[diagram["count"] > 0]
    assert filled.index.tolist() == [2, 9]
    assert filled["confidence"].tolist() == pytest.approx([0.25, 0.95])
    assert filled["matched"].tolist() == pytest.approx([0.5, 0.9])
    # whatever comes first may be any number of films
    sums = [np.zeros((3, 10)) for _ in range(3)]
    assert np.isnan(calibration_error(*sums)).tolist() == [True] * 3


def test_bins_of_confidence_have_their_ends():
    edges = np.array([0.0, 0.0999, 0.1, 0.95, 1.0, np.nan])
    assert confidence_bin(edges).tolist() == [0, 0, 1, 9, 9, -1]


def test_confidence_that_is_right_has_no_calibration_error():
    rng = np.random.default_rng(2)
    confidence = rng.uniform(size=20_000)
    matched = rng.uniform(size=20_000) < confidence
    assert reliability(confidence, matched).attrs["calibration_error"] < 0.015
    nothing = reliability(np.array([np.nan]), np.array([False]))
    assert nothing["count"].sum() == 0
    assert np.isnan(nothing.attrs["calibration_error"])


@pytest.mark.parametrize("claimed", [1.0, 2.0, 0.5])
def test_coverage_of_intervals_that_are_right_too_wide_or_too_narrow(claimed):
    rng = np.random.default_rng(3)
    centre = np.log(rng.uniform(15, 45, 20_000))
    true = np.exp(centre + 0.1 * rng.standard_normal(20_000))
    half = norm.ppf(0.95) * 0.1 * claimed
    curve = coverage_curve(true, np.exp(centre - half), np.exp(centre + half))
    expected = 2 * norm.cdf(claimed * norm.ppf((1 + curve["level"]) / 2)) - 1
    np.testing.assert_allclose(curve["covered"], expected, atol=0.015)
    assert coverage_curve(true, true * np.nan, true)["covered"].isna().all()


@pytest.mark.parametrize(
    ("ordinary", "other", "expected"),
    [
        ([1, 2, 3], [4, 5], 1.0),
        ([4, 5], [1, 2, 3], 0.0),
        ([1, 2], [1, 2], 0.5),
        ([1, 3], [2, 4], 0.75),
        ([2, 2], [2, 3], 0.75),
    ],
)
def test_area_under_roc_is_the_share_of_pairs_in_order(ordinary, other, expected):
    assert area_under_roc(np.array(ordinary), np.array(other)) == pytest.approx(expected)


def test_area_under_roc_of_nothing_is_nan():
    assert np.isnan(area_under_roc(np.array([]), np.array([1.0])))


def test_kinds_of_frame_are_held_against_the_ordinary_ones():
    scores = pd.DataFrame(
        {
            "kind": ["ordinary"] * 4 + ["vacuum"] * 2 + ["stripes"] * 2,
            "film": [0, 1, 2, 3, 0, 1, 0, 1],
            "unfamiliarity": [0.5, 0.6, 0.8, 1.1, 3.0, 4.0, 0.7, 2.0],
        }
    )
    summary = familiarity_summary(scores)
    assert summary.index.tolist() == ["ordinary", "vacuum", "stripes"]
    assert summary["warned"].tolist() == [0.25, 1.0, 0.5]
    assert summary["auc"].tolist()[1:] == pytest.approx([1.0, 6 / 8])
    assert np.isnan(summary["auc"].iloc[0])
