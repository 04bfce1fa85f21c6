"""The period of a lattice from the places of its skyrmions."""

import numpy as np
import pytest

from skyrmlive.inference.structure_factor import (
    covered,
    implied_count,
    lattice_period,
    structure_factor,
)
from skyrmlive.stream.errors import UserError

from .samples import triangular

SIDE = 600
WINDOW = np.outer(np.hanning(SIDE), np.hanning(SIDE))


def turned_lattice(distance, turned_deg, shaken, rng):
    """Return the places of a triangular lattice that fill the window and more."""
    places = triangular(distance, (2 * SIDE, 2 * SIDE), 0) - SIDE
    angle = np.radians(turned_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return places @ turn.T + SIDE / 2 + rng.normal(0, shaken * distance, places.shape)


@pytest.mark.parametrize("turned_deg", [0, 17])
@pytest.mark.parametrize("distance", [14.0, 25.0])
def test_the_period_is_that_of_the_lattice_whatever_is_missed(distance, turned_deg):
    rng = np.random.default_rng(3)
    places = turned_lattice(distance, turned_deg, 0.08, rng)

    whole, peak = lattice_period(places, WINDOW)
    fewer, lower_peak = lattice_period(places[rng.random(len(places)) > 0.2], WINDOW)
    more, _ = lattice_period(np.vstack([places, rng.random((150, 2)) * SIDE]), WINDOW)

    assert [whole, fewer, more] == pytest.approx([distance] * 3, rel=0.01)
    assert 4 < lower_peak < peak


def test_places_without_order_have_a_structure_factor_of_one():
    rng = np.random.default_rng(4)

    structure = np.mean(
        [structure_factor(rng.random((2000, 2)) * SIDE, WINDOW)[1] for _ in range(20)], axis=0
    )

    assert structure.mean() == pytest.approx(1, abs=0.03)
    assert structure == pytest.approx(1, abs=0.25)


def test_a_few_places_have_no_period():
    places = np.full((29, 2), SIDE / 2.0)

    with pytest.raises(UserError, match="too few skyrmions"):
        lattice_period(places, WINDOW)


def test_a_lattice_implies_its_own_count_on_the_area_that_it_covers():
    places = triangular(20, (SIDE, SIDE), 10)
    places = places[places[:, 0] < SIDE / 2]  # the right half is empty
    view = np.ones((SIDE, SIDE), bool)

    area = covered(places, view, 20)
    all_but_one = np.delete(places, np.argmin(np.hypot(*(places - [150, 300]).T)), axis=0)

    assert area[20:-30, 20 : SIDE // 2 - 20].all()
    assert not area[:, SIDE // 2 + 20 :].any()
    assert implied_count(area, 20) == pytest.approx(len(places), rel=0.06)
    # a gap of one is counted as if it were filled
    assert implied_count(covered(all_but_one, view, 20), 20) == pytest.approx(
        implied_count(area, 20), abs=0.3
    )
    view[: SIDE // 2] = False
    assert implied_count(covered(places, view, 20), 20) == pytest.approx(len(places) / 2, rel=0.06)
