"""Filters, colours, defects, recent frames and the selection, without a window."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skyrmlive.napari_plugin import colouring
from skyrmlive.napari_plugin.defects import bonds, defects
from skyrmlive.napari_plugin.filters import Filters, diameters
from skyrmlive.napari_plugin.model import LiveModel
from skyrmlive.napari_plugin.recent import RecentSnapshots
from skyrmlive.napari_plugin.selection import Traces, select
from skyrmlive.napari_plugin.snapshot import Delivery, Snapshot
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.stream.result import TABLE_DTYPES, FrameResult, ResultSummary, empty_table

maybe = st.one_of(st.just(float("nan")), st.floats(0, 100))


def rows(count, **columns):
    table = empty_table().reindex(range(count)).fillna(0)
    for name, values in columns.items():
        table[name] = values
    return table.astype(TABLE_DTYPES)


def result(table, frame=0, pixel_size_nm=2.0, **values):
    values = {"n_skyrmions": len(table), "received_at": 0.0, **values}
    summary = ResultSummary(frame=frame, height=64, width=64, pixel_size_nm=pixel_size_nm, **values)
    return FrameResult(summary, table, None, FrameMetadata())


def snapshot(frame, table=None, side=10):
    table = rows(0) if table is None else table
    return Snapshot.of(result(table, frame), np.full((side, side), frame, np.uint8))


# --- filters


@given(
    st.lists(st.tuples(maybe, maybe, st.booleans(), st.booleans()), max_size=20),
    st.floats(0, 1),
    st.none() | st.floats(0, 100),
    st.none() | st.floats(0, 100),
    st.booleans(),
    st.booleans(),
)
def test_a_filter_hides_what_it_says_and_nothing_else(found, confidence, low, high, border, stripe):
    table = rows(
        len(found),
        confidence=[row[0] / 100 for row in found],
        diameter_nm=[row[1] for row in found],
        touches_border=[row[2] for row in found],
        is_stripe=[row[3] for row in found],
    )
    shown = Filters(confidence, low, high, border, stripe).shown(table, 2.0)
    for (certainty, size, at_border, is_stripe), is_shown in zip(found, shown, strict=True):
        hidden = (
            certainty / 100 < confidence
            or (low is not None and size < low)
            or (high is not None and size > high)
            or (border and at_border)
            or (stripe and is_stripe)
        )
        assert is_shown == (not hidden)


def test_without_a_pixel_size_diameters_are_those_of_the_masks():
    table = rows(2, diameter_nm=np.nan, equivalent_diameter_area=[8.0, 20.0])
    table["is_stripe"] = [False, True]
    size, unit = diameters(table, None)
    assert unit == "px"
    np.testing.assert_array_equal(size, [8.0, np.nan])
    assert Filters(min_diameter=10).shown(table, None).tolist() == [False, True]


def test_the_headline_counts_what_is_shown():
    table = rows(3, diameter_nm=[40.0, 50.0, 60.0], is_stripe=False, touches_border=False)
    model = LiveModel()
    model.add(Delivery(snapshot(0, table)), 0.0)
    model.view.filters = Filters(min_diameter=45)
    assert model.status(0.0).headline == "2 of 3 shown   55.0 nm, spread 7.1 nm"


# --- colours


@given(
    hnp.arrays(np.float64, st.integers(0, 30), elements=st.floats(-50, 150) | st.just(np.nan)),
    st.floats(-10, 50),
    st.floats(0.1, 50),
)
def test_colour_indices_keep_the_order_and_the_ends(values, low, width):
    indices = colouring.colour_indices(values, (low, low + width))
    known = np.isfinite(values)
    assert (indices[~known] == colouring.UNKNOWN).all()
    assert (np.diff(indices[known][np.argsort(values[known])].astype(int)) >= 0).all()
    assert (indices[known & (values <= low)] == colouring.FIRST).all()
    assert (indices[known & (values >= low + width)] == colouring.LAST).all()


@given(hnp.arrays(np.int64, st.integers(0, 30), elements=st.integers(-1, 10**12)))
def test_a_track_keeps_its_colour(particles):
    indices = colouring.track_indices(particles)
    assert ((indices == colouring.UNKNOWN) == (particles < 0)).all()
    assert (indices > 0).all()
    np.testing.assert_array_equal(indices, colouring.track_indices(particles))


def test_lookup_hides_and_marks_what_the_table_does_not_know():
    table = rows(2, label=[3, 9])
    lookup = colouring.value_of_label(table, np.array([7, 8], np.uint8), np.array([True, False]))
    assert lookup[[0, 3, 9, 4]].tolist() == [0, 7, 0, colouring.UNKNOWN]


def test_the_scale_of_diameters_stays_until_it_no_longer_fits():
    steady = colouring.SteadyLimits()
    first = steady.follow(np.linspace(40, 60, 50))
    assert first[0] < 40 < 60 < first[1]
    assert steady.follow(np.linspace(41, 59, 50)) == first
    assert steady.follow(np.linspace(80, 120, 50))[1] > 120
    assert all(np.isfinite(steady.follow(np.array([np.nan]))))


# --- lattice


def test_defects_leave_out_edge_border_and_hidden():
    table = rows(
        6,
        y=range(6),
        n_neighbours=[5, 7, 6, 5, 7, 5],
        psi6_abs=[0.5, 0.5, 0.9, np.nan, 0.5, 0.5],
        touches_border=[False, False, False, False, True, False],
    )
    five, seven = defects(table, np.array([True] * 5 + [False]))
    assert five[:, 0].tolist() == [0]
    assert seven[:, 0].tolist() == [1]


def test_bonds_of_a_square_and_of_points_without_a_triangle():
    table = rows(4, x=[8, 40, 8, 40], y=[8, 8, 40, 40], x_nm=np.nan, y_nm=np.nan)
    ends = bonds(table)
    assert len(ends) == 5  # four sides and a diagonal
    assert len(bonds(table.iloc[:2])) == 0
    line = rows(4, x=[1, 2, 3, 4], y=1, x_nm=np.nan, y_nm=np.nan)
    assert len(bonds(line)) == 0


# --- recent frames


@settings(max_examples=40)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(100, 2000))
def test_the_ring_is_bounded_and_keeps_the_newest(sides, limit):
    recent = RecentSnapshots(limit)
    for frame, side in enumerate(sides):
        recent.add(snapshot(frame, side=side))
        assert recent.nbytes <= limit or len(recent) == 1
    recent.hold()
    assert recent.held.result.summary.frame == len(sides) - 1


def test_what_is_held_stays_and_can_be_stepped_through():
    recent = RecentSnapshots(350)
    for frame in range(6):
        recent.add(snapshot(frame))
    recent.hold()
    for frame in range(6, 20):
        recent.add(snapshot(frame))
    assert recent.held.result.summary.frame == 5
    recent.seek(recent.position - 1)
    assert recent.held.result.summary.frame == 4
    recent.seek(-7)
    assert recent.held.result.summary.frame == 3
    recent.live()
    recent.add(snapshot(20))
    assert recent.held is None
    recent.hold()
    assert recent.held.result.summary.frame == 20


def test_the_status_says_what_is_held_and_where_live_is():
    model = LiveModel()
    for frame in range(3):
        model.add(Delivery(snapshot(frame)), float(frame))
    model.view.recent.seek(0)
    model.add(Delivery(snapshot(3)), 3.0)
    details = model.status(3.0).details.replace("\N{NO-BREAK SPACE}", " ")
    assert details.startswith("held at frame 0, live is at 3")
    assert model.picture().snapshot.result.summary.frame == 0


# --- selection


def test_a_click_selects_the_nearest_within_reach_and_only_what_is_shown():
    table = rows(2, particle=[4, 9], y=[10, 30], x=[10, 10], equivalent_diameter_area=12.0)
    everything = np.array([True, True])
    assert select(result(table), everything, 12, 12).particle == 4
    assert select(result(table), everything, 20, 10) is None
    assert select(result(table), ~everything, 10, 10) is None
    assert select(result(table), everything, 29, 10).row(result(table)) == 1
    assert select(result(table), everything, 29, 10).row(result(table.iloc[:1])) is None


def test_one_that_is_not_linked_is_meant_in_its_frame_only():
    table = rows(2, particle=-1, label=[5, 6], y=[10, 30], equivalent_diameter_area=12.0)
    selection = select(result(table, 3), np.array([True, True]), 30, 0)
    assert selection.row(result(table, 3)) == 1
    assert selection.row(result(table, 4)) is None


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(0, 6), unique=True), min_size=1, max_size=12))
def test_traces_give_each_frame_of_a_track(frames):
    traces = Traces(frames=10)
    for frame, particles in enumerate(frames):
        sizes = [10.0 * frame + particle for particle in particles]
        traces.add(result(rows(len(particles), particle=particles, diameter_nm=sizes), frame))
    kept = range(max(0, len(frames) - 10), len(frames))
    seen, sizes = traces.of(3, "nm")
    assert seen.tolist() == [frame for frame in kept if 3 in frames[frame]]
    assert sizes.tolist() == pytest.approx([10.0 * frame + 3 for frame in seen])
    assert not len(traces.of(3, "px")[0])
