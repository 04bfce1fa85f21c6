"""Ways up and down, on sweeps whose turning points are known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.napari_plugin.sweeps import noise_of, split_branches, turning_tolerance
from skyrmlive.napari_plugin.thinning import thin


def legs_to_values(legs, first_up):
    """Return a zigzag of `legs` (height, steps) and the rows where it turns."""
    values, turns, direction = [0.0], [], 1 if first_up else -1
    for height, steps in legs:
        values.extend(values[-1] + direction * height * np.arange(1, steps + 1) / steps)
        turns.append(len(values) - 1)
        direction = -direction
    return np.array(values), turns[:-1]


LEGS = st.lists(st.tuples(st.floats(20, 100), st.integers(1, 30)), min_size=1, max_size=8)


@given(LEGS, st.booleans(), st.integers(0, 2**32 - 1))
def test_turning_points_are_found_through_jitter_and_gaps(legs, first_up, seed):
    values, turns = legs_to_values(legs, first_up)
    rng = np.random.default_rng(seed)
    jitter = rng.uniform(-2, 2, len(values))
    # At the turning points nothing is hidden, so that they are exact.
    ends = [0, *turns, len(values) - 1]
    jitter[ends] = 0
    steady = np.maximum(jitter, -2.0)
    noisy = values + steady * 0.999
    hidden = rng.random(len(values)) < 0.2
    hidden[ends] = False
    noisy[hidden] = np.nan
    branches = split_branches(noisy, tolerance=10.0)
    assert len(branches) == len(legs)
    assert [branch.direction for branch in branches] == [
        (1 if first_up else -1) * (-1) ** leg for leg in range(len(legs))
    ]
    assert branches[0].start == 0
    assert branches[-1].stop == len(values)
    for before, after, turn in zip(branches, branches[1:], turns, strict=False):
        assert before.stop == after.start + 1
        # Jitter of 2 can move the extreme along a flat leg, never by more than it in height.
        assert abs(values[after.start] - values[turn]) <= 4


@given(st.lists(st.floats(-50, 50) | st.just(np.nan), max_size=60), st.floats(0.5, 40))
def test_no_branch_comes_back_by_more_than_the_tolerance(quantity, tolerance):
    quantity = np.array(quantity, dtype=float)
    branches = split_branches(quantity, tolerance)
    assert len(branches) == (0 if not len(quantity) else max(1, len(branches)))
    for branch in branches:
        values = quantity[branch.start : branch.stop]
        values = values[np.isfinite(values)] * (branch.direction or 1)
        if len(values):
            back = np.max(np.maximum.accumulate(values) - values)
            # The first branch has what came before its start, which no turning point parts.
            assert back <= tolerance or branch is branches[0]
    directions = [branch.direction for branch in branches]
    assert all(a == -b != 0 for a, b in pairwise(directions))
    mirrored = split_branches(-quantity, tolerance)
    assert [(b.start, b.stop, -b.direction) for b in branches] == [
        (b.start, b.stop, b.direction) for b in mirrored
    ]


@pytest.mark.parametrize("n", [200, 150_000])
def test_a_quantity_that_is_held_has_no_direction(n):
    held = 290 + np.random.default_rng(3).normal(0, 0.05, n)
    assert [branch.direction for branch in split_branches(held)] == [0]


def test_a_quantised_reading_that_flickers_has_no_direction():
    flicker = np.repeat(290 + 0.1 * np.random.default_rng(0).integers(0, 2, 60), 5)
    assert [branch.direction for branch in split_branches(flicker)] == [0]


@pytest.mark.parametrize("n", [40, 400, 150_000])
def test_a_field_loop_with_noise_of_its_own_has_its_three_ways(n):
    loop = np.interp(np.linspace(0, 4, n), [0, 1, 3, 4], [0, 400, -400, 0])
    noisy = loop + np.random.default_rng(1).normal(0, 1.0, n)
    branches = split_branches(noisy)
    assert [branch.direction for branch in branches] == [1, -1, 1]
    assert loop[branches[1].start] == pytest.approx(400, abs=25)
    assert loop[branches[2].start] == pytest.approx(-400, abs=25)


def test_noise_is_that_of_the_jitter_alone():
    rng = np.random.default_rng(5)
    sweep = np.linspace(0, 1000, 3000) + rng.normal(0, 0.3, 3000)
    assert noise_of(sweep) == pytest.approx(0.3, rel=0.1)
    assert noise_of(np.repeat(sweep, 4)) == pytest.approx(0.3, rel=0.1)
    assert noise_of(np.arange(50.0)) == 0
    assert turning_tolerance(np.arange(51.0)) == pytest.approx(1.0)
    assert turning_tolerance(np.empty(0)) == 0


@given(st.integers(0, 400), st.integers(8, 60), st.integers(0, 2**32 - 1))
def test_thinning_keeps_ends_and_peaks(n, limit, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=n)
    values[rng.random(n) < 0.3] = np.nan
    kept = thin(values, limit)
    assert len(kept) <= max(limit, 0)
    assert (np.diff(kept) > 0).all()
    if n:
        assert {0, n - 1} <= set(kept)
    if np.isfinite(values).any():
        assert np.nanmax(values[kept]) == np.nanmax(values)
        assert np.nanmin(values[kept]) == np.nanmin(values)


def test_thinning_breaks_where_nothing_is_known():
    values = np.arange(10_000.0)
    values[4000:6000] = np.nan
    kept = thin(values, 100)
    assert np.isnan(values[kept]).any()
    assert len(thin(values[:100], 100)) == 100
