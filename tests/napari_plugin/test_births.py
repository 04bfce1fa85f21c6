"""Births and deaths, against tracks whose whole life is known."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.inference.linking import Linker
from skyrmlive.napari_plugin.births import MEMORY_FRAMES, BirthCounter, TrackChanges
from skyrmlive.napari_plugin.history import History
from skyrmlive.napari_plugin.model import LiveModel
from skyrmlive.napari_plugin.snapshot import Mailbox, Snapshot
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.stream.result import TABLE_DTYPES, FrameResult, ResultSummary, empty_table


def result(frame, particles, *, border=(), stripes=(), **values):
    table = empty_table().reindex(range(len(particles))).fillna(0)
    table["particle"] = list(particles)
    table["touches_border"] = [particle in border for particle in particles]
    table["is_stripe"] = [particle in stripes for particle in particles]
    defaults = {"received_at": 0.0, "height": 4, "width": 6, "n_skyrmions": len(particles)}
    summary = ResultSummary(frame=frame, **{**defaults, **values})
    return FrameResult(summary, table.astype(TABLE_DTYPES), None, FrameMetadata())


def counted(results):
    """Return births and deaths by frame, as the counter tells them."""
    counter, births, deaths = BirthCounter(), {}, {}
    for each in results:
        changes = counter.follow(each)
        if changes is None:
            continue
        if changes.births is not None:
            births[changes.frame] = changes.births
        if changes.last_seen is not None:
            deaths[changes.last_seen] = changes.deaths
    return births, deaths


def test_memory_is_that_of_the_linking():
    assert inspect.signature(Linker).parameters["memory"].default == MEMORY_FRAMES


@st.composite
def lives(draw):
    """Frame numbers with gaps, and which skyrmion is seen in which of them."""
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 1, 3]), min_size=1, max_size=25))
    frames = np.cumsum(steps)
    presence = draw(
        st.lists(
            st.lists(st.booleans(), min_size=len(frames), max_size=len(frames)),
            min_size=1,
            max_size=8,
        )
    )
    return frames, np.array(presence)


@given(lives(), st.sets(st.integers(0, 7)))
def test_births_and_deaths_are_those_of_the_tracks(life, at_border):
    frames, presence = life
    # What the linking does: a skyrmion away for longer than its memory comes back as another.
    tracks = []
    for body, seen in enumerate(presence):
        for at in np.flatnonzero(seen):
            if tracks and tracks[-1][0] == body and at - tracks[-1][1][-1] <= MEMORY_FRAMES + 1:
                tracks[-1][1].append(at)
            else:
                tracks.append((body, [at]))
    tracks.sort(key=lambda track: track[1][0])
    border = {number for number, (body, _) in enumerate(tracks) if body in at_border}
    results = []
    for at, frame in enumerate(frames):
        numbers = [number for number, (_, seen) in enumerate(tracks) if at in seen]
        results.append(result(int(frame), numbers[::-1], border=border))

    births, deaths = {}, {}
    inside = [seen for number, (_, seen) in enumerate(tracks) if number not in border]
    for at, frame in enumerate(frames):
        if at and frames[at - 1] == frame - 1:
            births[frame] = sum(seen[0] == at for seen in inside)
        after = frames[at + 1 : at + 2 + MEMORY_FRAMES]
        if list(after - frame) == list(range(1, MEMORY_FRAMES + 2)):
            deaths[frame] = sum(seen[-1] == at for seen in inside)
    assert counted(results) == (births, deaths)


def test_what_drifts_over_the_border_or_is_a_stripe_is_not_counted():
    frames = [result(0, [0, 1]), result(1, [0, 1, 2, 3], border=[2], stripes=[3])]
    frames += [result(2, [1], border=[1]), *(result(k, []) for k in range(3, 8))]
    births, deaths = counted(frames)
    assert births[1] == 0
    assert deaths == {0: 0, 1: 1, 2: 0, 3: 0, 4: 0}  # 0 dies; 1, 2 and 3 go uncounted


def test_frames_that_were_caught_up_are_passed_over():
    frames = [result(0, [0]), result(1, [0, 1])]
    frames.insert(1, result(7, [-1, -1, -1], analysed="caught-up"))
    assert counted(frames)[0] == {1: 1}


@pytest.mark.parametrize("again", [{"frame": 0}, {"frame": 3, "width": 3}])
def test_a_new_run_and_another_size_start_anew(again):
    frames = [result(0, [0, 5]), result(1, [0, 5]), result(2, [0, 5, 6])]
    first = again.pop("frame")
    frames += [result(first, [0, 1], **again), result(first + 1, [0, 1, 2, 3], **again)]
    births, deaths = counted(frames)
    assert births[first + 1] == 2
    assert 2 not in deaths


def test_another_pixel_type_starts_anew():
    counter = BirthCounter()
    for frame, dtype in enumerate((np.uint16, None, np.uint16)):
        assert counter.follow(result(frame, [7]), dtype and np.dtype(dtype)).births != 1
    assert counter.follow(result(3, [0]), np.dtype(np.uint8)).births is None
    assert counter.follow(result(4, [0, 1]), np.dtype(np.uint8)).births == 1


def test_the_counts_of_frames_that_were_never_drawn_reach_history_and_bursts():
    mailbox, counter, model = Mailbox(), BirthCounter(), LiveModel()
    for frame in range(60):
        each = result(frame, range(100 if frame >= 40 else 60))
        mailbox.put(Snapshot(each, None, None, counter.follow(each)))
    model.add(mailbox.take(), now=0.0)
    expected = np.zeros(60)
    expected[0], expected[40] = np.nan, 40
    np.testing.assert_array_equal(model.history.column("births"), expected)
    np.testing.assert_array_equal(model.history.column("deaths"), [0.0] * 57 + [np.nan] * 3)
    assert [(event.frame, event.label) for event in model.bursts.events] == [(40, "+40")]
    model.clear()
    assert not model.bursts.events


def test_history_keeps_births_when_a_frame_comes_again_and_knows_no_other_frames():
    history = History()
    history.add(result(3, [0]).summary)
    history.note(TrackChanges(3, 2, 0, 4))
    history.add(result(3, [0, 1]).summary)
    assert history.column("births").tolist() == [2.0]
    assert history.column("n_skyrmions").tolist() == [2.0]
    assert np.isnan(history.column("deaths")).all()
    copy = history.copy()
    history.add(result(4, [0]).summary)
    assert (len(copy), len(history)) == (1, 2)
    copy.add(result(9, [0]).summary)
    assert copy.column("frame").tolist() == [3.0, 9.0]
