"""Curves of a long run are drawn from its peaks, which are found once."""

from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.napari_plugin.births import TrackChanges
from skyrmlive.napari_plugin.curve_data import curve, rows_by_direction
from skyrmlive.napari_plugin.history import History
from skyrmlive.napari_plugin.peaks import BLOCK_ROWS, MOST_BLOCKS, Peaks
from skyrmlive.napari_plugin.sweeps import split_branches
from skyrmlive.stream.result import ResultSummary


def summary(frame, number, field_mt=0.0):
    return ResultSummary(
        frame=frame,
        received_at=float(frame),
        height=8,
        width=8,
        n_skyrmions=number,
        field_mt=field_mt,
        analysed="live",
    )


@pytest.mark.parametrize("start", [0, 1, BLOCK_ROWS, 3 * BLOCK_ROWS - 1])
@pytest.mark.parametrize("stop", [20 * BLOCK_ROWS, 20 * BLOCK_ROWS + 7, 20 * BLOCK_ROWS - 1])
def test_no_peak_is_lost_and_few_rows_are_left(start, stop):
    values = np.random.default_rng(start + stop).normal(size=21 * BLOCK_ROWS)
    values[5 * BLOCK_ROWS : 7 * BLOCK_ROWS] = np.nan
    rows = Peaks().of(values, start, stop, at_least=4)
    assert (np.diff(rows) > 0).all()
    assert (rows[0], rows[-1]) == (start, stop - 1)
    assert len(rows) <= 2 * (stop - start) / BLOCK_ROWS + 2 * BLOCK_ROWS
    assert np.isnan(values[rows]).any()  # the gap is still one
    for first in range(-(-start // BLOCK_ROWS) * BLOCK_ROWS, stop - BLOCK_ROWS + 1, BLOCK_ROWS):
        block = values[first : first + BLOCK_ROWS]
        if np.isfinite(block).all():
            here = rows[(rows >= first) & (rows < first + BLOCK_ROWS)]
            assert (values[here].min(), values[here].max()) == (block.min(), block.max())


def test_where_blocks_are_too_coarse_all_rows_are_looked_at():
    values = np.arange(10.0 * BLOCK_ROWS)
    assert Peaks().of(values, 3, 90, at_least=50).tolist() == list(range(3, 90))


def test_whatever_happens_to_the_history_its_peaks_are_those_of_a_new_one():
    rng = np.random.default_rng(4)
    history, frame = History(limit=600), 0
    for _ in range(3000):
        kind = rng.integers(10)
        if kind < 6:
            frame += int(rng.integers(1, 4))
            history.add(summary(frame, int(rng.integers(1000))))
        elif kind < 8:  # an earlier one, new or again
            history.add(summary(int(rng.integers(frame + 1)), int(rng.integers(1000))))
        else:
            history.note(TrackChanges(int(rng.integers(frame + 1)), int(rng.integers(9))))
        if rng.integers(5) == 0:
            for column in ("n_skyrmions", "births"):
                every = slice(0, len(history))
                assert np.array_equal(
                    history.peaks(column, every, 4), history.copy().peaks(column, every, 4)
                )


def test_a_day_is_drawn_from_as_few_rows_as_an_hour():
    """What a result costs must not go with the results before it."""
    history, looked_at = History(), {}
    for frame in range(144_000):
        history.add(summary(frame, 1500 + round(100 * np.sin(frame / 900)) + frame % 7))
        if frame + 1 in (36_000, 144_000):
            rows = history.peaks("n_skyrmions", slice(0, len(history)), 1000)
            looked_at[frame + 1] = len(rows)
    most = 2 * MOST_BLOCKS + 2 * BLOCK_ROWS * 4
    assert max(looked_at.values()) <= most


def test_a_curve_is_drawn_again_without_a_look_at_the_rows_between_its_peaks():
    history = History()
    for frame in range(40_000):
        history.add(summary(frame, 1500 + round(100 * np.sin(frame / 900)) + frame % 7))
    x, every = history.column("frame"), slice(0, len(history))
    before = curve(history, x, [every], "n_skyrmions")
    between = np.ones(len(history), dtype=bool)
    between[history.peaks("n_skyrmions", every, 1000)] = False
    assert between.sum() > 30_000
    history.column("n_skyrmions")[between] = 1e6  # whoever reads them again draws them
    assert np.array_equal(curve(history, x, [every], "n_skyrmions").y, before.y)


def test_ways_up_and_down_of_a_day_are_those_of_all_its_rows():
    history = History()
    for frame in range(80_000):
        history.add(summary(frame, 1, 100 * np.sin(frame / 9000) + frame % 3 / 10))
    found = rows_by_direction(history, "field_mt")
    everything = split_branches(history.column("field_mt"))
    for direction in (1, -1):
        whole = [branch for branch in everything if branch.direction == direction]
        assert len(found[direction]) == len(whole)
        for one, other in zip(found[direction], whole, strict=True):
            assert abs(one.start - other.start) <= 100
            assert abs(one.stop - other.stop) <= 100
