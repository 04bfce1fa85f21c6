"""Bursts, thresholds and the histogram of diameters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from skyrmlive.napari_plugin.births import TrackChanges
from skyrmlive.napari_plugin.events import BurstDetector, BurstLog, chance_of, crossings
from skyrmlive.napari_plugin.histogram import (
    FEWEST_BINS,
    MOST_BINS,
    bin_edges,
    counts,
    diameters_of,
)


def bursts(births):
    detector = BurstDetector()
    found = {frame: detector.add(frame, int(count)) for frame, count in enumerate(births)}
    return {frame: count for frame, count in found.items() if count is not None}


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 0.99))
def test_chance_is_that_of_the_binomial(count, others, part):
    expected = binom.sf(count - 1, count + others, part)
    assert chance_of(count, count + others, part) == pytest.approx(expected, rel=1e-6, abs=1e-15)


def test_a_steady_rate_is_no_burst_and_a_rise_is_told_once():
    births = np.random.default_rng(0).poisson(3.0, 20_000)
    assert bursts(births) == {}
    births[5000:5004] += 15
    found = bursts(births)
    assert len(found) == 1
    (frame,) = found
    assert 5000 <= frame < 5004


def test_a_burst_out_of_nothing_and_a_second_one():
    births = np.zeros(300, int)
    births[100], births[250] = 40, 40
    assert bursts(births) == {100: 40, 250: 40}
    few = np.zeros(300, int)
    few[100] = 4
    assert bursts(few) == {}


def test_without_a_reference_nothing_is_called_a_burst():
    assert bursts([0, 0, 90, 0, 0]) == {}
    detector = BurstDetector()
    for frame in range(60):
        detector.add(frame, 0)
    assert detector.add(1000, 90) is None  # what was known is long ago


def test_deaths_make_collapses_at_the_frame_where_they_were_seen_last():
    log = BurstLog()
    for frame in range(100):
        log.note(TrackChanges(frame, 0, frame - 3, 30 if frame == 60 else 0))
    (event,) = log.events
    assert (event.frame, event.label) == (57, "\N{MINUS SIGN}30")
    assert event.text == "Collapse burst: 30 deaths in 5 frames."


def test_a_threshold_is_crossed_once_each_way_in_spite_of_jitter():
    rows = np.arange(2000)
    values = 300 + 60 * np.sin(2 * np.pi * rows / 1000)
    values += np.random.default_rng(2).uniform(-5, 5, 2000)
    values[::7] = np.nan
    found = crossings(rows, values, 300.0, name="number")
    texts = [event.text for event in found]
    assert texts == [
        "The number fell below 300.",
        "The number rose above 300.",
        "The number fell below 300.",
    ]
    np.testing.assert_allclose([event.frame for event in found], [500, 1000, 1500], atol=30)
    assert found[0].label == "n < 300"
    assert crossings(rows, values, 500.0, name="number") == []
    assert crossings(rows[:0], values[:0], 1.0, name="number") == []


def test_hysteresis_has_a_least_step():
    values = np.array([4.0, 6.0, 4.0, 6.0])
    assert len(crossings(np.arange(4), values, 5.0, name="number")) == 3
    assert crossings(np.arange(4), values, 5.0, name="number", smallest_step=2.0) == []


SIZES = st.lists(st.floats(1, 500), max_size=80).map(np.array)


@given(SIZES, SIZES)
def test_the_same_bins_hold_every_value_of_both(now, pinned):
    edges = bin_edges(now, pinned)
    if not len(now) + len(pinned):
        assert len(edges) == 0
        return
    assert FEWEST_BINS <= len(edges) - 1 <= MOST_BINS
    assert (np.diff(edges) > 0).all()
    assert counts(now, edges).sum() == len(now)
    assert counts(pinned, edges).sum() == len(pinned)


def test_bins_stand_still_from_frame_to_frame():
    rng = np.random.default_rng(4)
    values = rng.normal(62, 4, 1500)
    edges = bin_edges(values)
    other = bin_edges(values + rng.normal(0, 0.05, 1500))
    assert np.diff(edges)[0] == pytest.approx(np.diff(other)[0])
    assert (edges[0] - other[0]) % np.diff(edges)[0] == pytest.approx(0)


def test_diameters_leave_out_border_stripes_and_what_is_unknown(sweep_frame):
    _, result = sweep_frame(3)
    all_of_them = result.table["diameter_nm"].to_numpy().copy()
    result.table.loc[0, "touches_border"] = True
    result.table.loc[1, "is_stripe"] = True
    result.table.loc[2, "diameter_nm"] = np.nan
    diameters = diameters_of(result)
    np.testing.assert_array_equal(diameters.values_nm, all_of_them[3:])
    assert diameters.name == "frame 3, 290.0 K, 306 mT"
