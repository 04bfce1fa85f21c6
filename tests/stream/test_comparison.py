from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.recording import Recording, RunRecorder
from skyrmlive.stream.recording.comparison import (
    Comparison,
    ComparisonCsv,
    FrameComparison,
    RunningComparison,
    compare,
)
from skyrmlive.stream.recording.matching import match
from skyrmlive.stream.result import TABLE_DTYPES, empty_table


def table_of(centres, diameter: float | np.ndarray = 10.0, **columns: object) -> pd.DataFrame:
    """Return a table of discs; `diameter_nm` is three times their diameter in pixels."""
    centres = np.asarray(centres, float).reshape(-1, 2)
    table = empty_table().reindex(range(len(centres)))
    table["frame"], table["particle"], table["label"] = 0, -1, np.arange(len(centres)) + 1
    table["y"], table["x"] = centres.T
    table["equivalent_diameter_area"] = diameter
    table["diameter_nm"] = 3.0 * np.asarray(diameter)
    table["touches_border"] = table["is_stripe"] = False
    table["n_neighbours"] = 0
    return table.assign(**columns).astype(TABLE_DTYPES)


GRID = np.stack(np.meshgrid(np.arange(5), np.arange(4)), -1).reshape(-1, 2) * 20.0


def compared(recorded: pd.DataFrame, other: pd.DataFrame) -> FrameComparison:
    return Comparison().add(0, recorded, other)


def test_the_same_table_is_bit_identical_whatever_nan_it_holds():
    recorded = table_of(GRID, psi6_abs=np.nan)
    other = recorded.copy()
    other_nan = np.array([0x7FF8000000000001], np.uint64).view(np.float64)[0]
    other["psi6_abs"] = other_nan
    found = compared(recorded, other)
    assert (found.identical, found.identical_but_tracks, found.matched) == (True, True, 20)
    assert (found.ratio_mean, found.ratio_p5, found.distance_mean_px) == (1, 1, 0)
    found = compared(recorded, other.assign(particle=7))
    assert (found.identical, found.identical_but_tracks) == (False, True)
    other.loc[3, "y"] = np.nextafter(other.loc[3, "y"], 1e9)
    found = compared(recorded, other)
    assert (found.identical, found.identical_but_tracks, found.matched) == (False, False, 20)


def test_shifts_and_sizes_are_measured_in_any_order_of_the_rows():
    sizes = np.linspace(0.8, 1.2, 20)
    other = table_of(GRID + np.array([1.5, 2.0]), 11 * sizes).sample(frac=1, random_state=1)
    found = compared(table_of(GRID, 11.0), other)
    assert (found.n_recorded, found.n_other, found.matched) == (20, 20, 20)
    assert found.distance_mean_px == pytest.approx(2.5)
    assert found.distance_p95_px == pytest.approx(2.5)
    assert found.ratio_mean == pytest.approx(sizes.mean())
    quantiles = (found.ratio_p5, found.ratio_p50, found.ratio_p95)
    assert quantiles == pytest.approx(np.percentile(sizes, [5, 50, 95]))


def test_half_a_diameter_is_the_limit():
    for shift, matched in ((4.99, 1), (5.01, 0)):
        found = compared(table_of([[0, 0]]), table_of([[shift, 0]]))
        assert (found.matched, found.only_recorded, found.only_other) == (
            matched,
            1 - matched,
            1 - matched,
        )
    assert compared(table_of([[0, 0]], 6), table_of([[4.9, 0]], 14)).matched == 1


def test_each_row_has_one_partner_at_most_and_all_that_can_have_one():
    # The first of the others is nearest to both, but the second can be had only by one of them.
    rows, other_rows, distances_px = match(table_of([[0, 0], [0, 2]]), table_of([[0, 1], [0, -4]]))
    assert dict(zip(rows, other_rows, strict=True)) == {0: 1, 1: 0}
    assert sorted(distances_px) == [1, 4]


def test_empty_tables_have_no_pairs():
    for recorded, other in (([], GRID), (GRID, []), ([], [])):
        found = compared(table_of(recorded), table_of(other))
        assert (found.matched, found.only_other) == (0, len(other))
        assert np.isnan([found.ratio_mean, found.distance_mean_px]).all()
        assert found.identical == (not len(recorded) and not len(other))


def test_stripes_and_unknown_scales_do_not_spoil_the_ratio():
    recorded, other = table_of(GRID[:3], 10.0), table_of(GRID[:3], 12.0)
    recorded.loc[0, "is_stripe"] = True
    recorded.loc[0, "diameter_nm"] = np.nan
    other.loc[0, "equivalent_diameter_area"] = 19.0
    assert compared(recorded, other).ratio_mean == pytest.approx(1.2)
    recorded["diameter_nm"] = np.nan
    assert compared(recorded, other).ratio_mean == pytest.approx(1.2)


places = arrays(np.float64, st.tuples(st.integers(0, 12), st.just(2)), elements=st.floats(0, 40))


@settings(max_examples=60)
@given(places, places)
def test_matching_is_one_to_one_near_and_the_same_both_ways(first: np.ndarray, second: np.ndarray):
    a, b = table_of(first, 9.0), table_of(second, 13.0)
    rows, other_rows, distances_px = match(a, b)
    assert len(set(rows)) == len(set(other_rows)) == len(rows)
    assert (distances_px < 5.5).all()
    assert np.allclose(np.linalg.norm(first[rows] - second[other_rows], axis=1), distances_px)
    assert np.isclose(match(b, a)[2].sum(), distances_px.sum())
    free_a = np.setdiff1d(np.arange(len(first)), rows)
    free_b = np.setdiff1d(np.arange(len(second)), other_rows)
    for i in free_a:  # no two that are near enough are left alone
        assert (np.linalg.norm(second[free_b] - first[i], axis=1) >= 5.5).all()


def test_frames_with_one_result_are_counted_and_the_rest_compared():
    recorded = [(i, table_of(GRID[:i])) for i in (0, 2, 3, 5, 6)]
    other = [(i, table_of(GRID[: i + 1])) for i in (1, 2, 5, 7)]
    seen: list[FrameComparison] = []
    total = compare(iter(recorded), iter(other), seen.append)
    assert [found.frame for found in seen] == [2, 5]
    assert (total.n_frames, total.frames_only_recorded, total.frames_only_other) == (2, 3, 2)
    assert (total.n_recorded, total.n_other, total.matched) == (7, 9, 7)
    assert total.diameter_ratio == (1, 1, 1, 1)
    text = total.describe()
    assert "0 only recorded, 2 only other" in text
    assert "mean 1.0000" in text
    assert "nan" not in compare([], other).describe()


def test_tables_are_taken_one_at_a_time():
    alive: list[int] = []

    def tables():
        for i in range(5):
            alive.append(i)
            yield i, table_of(GRID)

    running = RunningComparison(tables())
    for i in range(5):
        running.append(i, table_of(GRID))
        assert len(alive) <= i + 2
    assert running.finish().identical == 5


def test_a_recording_analysed_again_by_the_same_engine_is_identical(tmp_path, analyser, make_frame):
    recorder = RunRecorder(tmp_path / "run")
    frames = [make_frame(i + 1, seq=i) for i in range(4)]
    recorder.append([(frame, 0.0) for frame in frames])
    for i, frame in enumerate(frames):
        recorder.append_result(i, analyser.analyse(frame, i, 0.0))
    recorder.close()
    again = type(analyser)()
    results = ((i, again.analyse(frame, i, 0.0).table) for i, frame in enumerate(frames))
    with ComparisonCsv(tmp_path / "out/comparison.csv") as rows:
        total = compare(Recording(tmp_path / "run").tables(), results, rows.append)
    assert (total.n_frames, total.identical, total.matched) == (4, 4, 10)
    assert "4 bit-identical" in total.describe()
    read = pd.read_csv(tmp_path / "out/comparison.csv")
    assert read["matched"].tolist() == [1, 2, 3, 4]
    assert read["identical"].all()
    assert read["ratio_p50"].tolist() == [1] * 4
    with pytest.raises(UserError, match="exists already"):
        ComparisonCsv(tmp_path / "out/comparison.csv")
