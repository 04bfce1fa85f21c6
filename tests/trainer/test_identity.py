"""Constructed films: discs that move, vanish, appear, join and part."""

import numpy as np
import pytest

from skyrmlive.trainer.sweep.identity import Event, SkyrmionIdentity

SIDE = 64


def film(*discs, shape=(SIDE, SIDE), polarity=1):
    """Mz of a periodic film with discs (y, x, radius) turned against the background."""
    mz = np.full(shape, float(polarity))
    for y0, x0, radius in discs:
        dy, dx = (
            (grid - centre + size / 2) % size - size / 2
            for grid, centre, size in zip(np.indices(shape), (y0, x0), shape, strict=True)
        )
        mz[np.hypot(dy, dx) < radius] = -polarity
    return mz


def play(looks, begin=None):
    """Let the film pass through `looks`, all within one frame, and return identity and events."""
    looks = list(looks)
    identity = begin or SkyrmionIdentity(looks.pop(0))
    certain = []
    for mz in looks:
        cores, links = identity.look(mz)
        certain.append(links.is_certain)
        identity.follow(cores, links)
    return identity, identity.end_frame(), certain


def place(identity, particle):
    row = identity.table(1.0).set_index("particle").loc[particle]
    return row["y"], row["x"]


def test_a_skyrmion_keeps_its_number_across_both_borders():
    # one full turn around the torus along the diagonal, past a neighbour that rests
    looks = [film((10 + i, 20 + i, 5), (40, 10, 5)) for i in range(0, SIDE + 1, 2)]
    first = SkyrmionIdentity(looks[0])
    moving, resting = place(first, 1), place(first, 2)
    identity, events, certain = play(looks)
    assert events == []
    assert all(certain)
    assert place(identity, 1) == pytest.approx(moving)
    assert place(identity, 2) == pytest.approx(resting)


def test_positions_are_wrapped_and_borders_are_told():
    table = SkyrmionIdentity(film((0, 30, 4), (32, 63.5, 4), (20, 20, 4))).table(3.0)
    centres = [(round(y, 6) % SIDE, round(x, 6)) for y, x in zip(table.y, table.x, strict=True)]
    assert dict(zip(centres, table.crosses_border, strict=True)) == {
        (0, 30): True,
        (32, 63.5): True,
        (20, 20): False,
    }
    # 45 cells (49 for a disc between two cells) of 9 nm2
    assert table.diameter_nm.min() == pytest.approx(2 * np.sqrt(45 * 9 / np.pi))
    assert (table.polarity == -1).all()


def test_a_film_with_edges_ends_there():
    mz = film((0, 30, 4), (20, 20, 4))  # the first goes on at the other side of a periodic film
    periodic, open_ = (SkyrmionIdentity(mz, periodic).table(3.0) for periodic in (True, False))
    assert (len(periodic), len(open_)) == (2, 3)
    assert open_.area_nm2.sum() == periodic.area_nm2.sum()
    assert open_.x.tolist() == pytest.approx([30, 20, 30])
    assert 0 < open_.y[0] < 3 < open_.y[1] < 61 < open_.y[2] < 63
    assert open_.crosses_border.tolist() == [True, False, True]


def test_two_skyrmions_that_change_places_keep_their_numbers():
    angles = np.linspace(0, np.pi, 40)
    looks = [
        film(
            (32 + 12 * np.sin(a), 32 + 12 * np.cos(a), 5),
            (32 - 12 * np.sin(a), 32 - 12 * np.cos(a), 5),
        )
        for a in angles
    ]
    begin = SkyrmionIdentity(looks[0])
    left, right = place(begin, 1), place(begin, 2)
    identity, events, certain = play(looks)
    assert events == []
    assert all(certain)
    assert place(identity, 1) == pytest.approx(right)
    assert place(identity, 2) == pytest.approx(left)


def test_deaths_and_births_are_told_and_numbers_are_never_used_again():
    identity, events, _ = play([film((20, 20, r), (40, 40, 5)) for r in (5, 4, 2.5, 1.2, 0)])
    assert events == [Event("death", 1)]
    identity, events, _ = play([film((40, 40, 5), (20, 20, r)) for r in (0, 1.2, 3)], identity)
    assert events == [Event("birth", 3)]
    assert sorted(identity.particles.tolist()) == [2, 3]
    assert place(identity, 3) == pytest.approx((20, 20))


def test_the_larger_of_two_that_merge_goes_on():
    for large in (40, 24):  # the second or the first to be found
        looks = [film((32, large, 7), (20 + i, large + 10, 4)) for i in (0, 2, 4, 6, 8, 10, 12)]
        begin = SkyrmionIdentity(looks[0])
        survivor = int(begin.cores.labels[32, large])
        identity, events, certain = play(looks)
        assert all(certain)
        assert identity.particles.tolist() == [survivor]
        assert events == [Event("merge", 3 - survivor, survivor)]


def test_the_larger_part_of_a_split_keeps_the_number():
    looks = [film((32, 24, 7), (32, 24 + i, 4)) for i in (0, 4, 8, 10, 12, 14)]
    identity, events, _ = play(looks)
    assert events == [Event("split", 2, 1)]
    assert place(identity, 1)[1] < 30 < place(identity, 2)[1]


def test_what_comes_and_goes_between_two_frames_is_not_told():
    still = film((20, 20, 5))
    _, events, _ = play([still, film((20, 20, 5), (50, 50, 3)), still])
    assert events == []
    # a part that splits off and dies leaves no trace either
    _, events, _ = play([film((20, 20, 7)), film((20, 18, 6), (20, 27, 2)), film((20, 18, 6))])
    assert events == []


def test_a_part_of_a_part_comes_from_the_one_that_was_there_at_the_last_frame():
    bars = [film() for _ in range(3)]
    for mz, gaps in zip(bars, ((), (30,), (30, 40)), strict=True):
        mz[20:24, 10:50] = -1
        mz[20:24, list(gaps)] = 1
    _, events, _ = play(bars)
    assert [(event.kind, event.other) for event in events] == [("split", 1), ("split", 1)]


def test_a_jump_is_not_certain():
    for looks in (
        [film((20, 20, 5)), film((20, 26, 5))],  # more than its radius: little overlap
        [film((20, 20, 5)), film((50, 50, 5))],  # a death and a birth, or a leap
        [  # one parts while two join
            film((10, 10, 6), (10, 18, 6), (40, 10, 4), (40, 20, 4)),
            film((10, 9, 4), (10, 19, 4), (40, 12, 5), (40, 18, 5)),
        ],
    ):
        assert play(looks)[2] == [False]
    assert play([film((20, 20, 5)), film((20, 22, 5))])[2] == [True]
    assert play([film((20, 20, 7)), film((20, 20, 2))])[2] == [True]  # shrinking in its place


def test_a_reversed_film_counts_what_is_turned_against_its_new_background():
    up = film((20, 20, 5))
    down = film((50, 10, 4), (10, 50, 4), polarity=-1)
    # a stripe state in balance keeps the background that it had
    stripes = film()
    stripes[:, ::2] = -1
    identity, events, certain = play([up, stripes, down])
    assert certain[-1] is False
    assert identity.cores.polarity == -1
    assert [event.kind for event in events] == ["death", "birth", "birth"]
    assert (identity.table(1.0).polarity == 1).all()


def test_identity_goes_on_from_what_was_stored():
    looks = [film((20, 20 + i, 5), (40, 40, 6 - i)) for i in range(0, 8, 2)]
    whole, _, _ = play(looks)
    half, _, _ = play(looks[:2])
    restored = SkyrmionIdentity.restored(looks[1], half.state())
    resumed, events, _ = play(looks[2:], restored)
    assert events == [Event("death", 2)]
    assert resumed.table(3.0).equals(whole.table(3.0))
    assert all(
        np.array_equal(value, whole.state()[name]) for name, value in resumed.state().items()
    )
