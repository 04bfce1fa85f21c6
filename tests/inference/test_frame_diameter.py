"""The mean diameter of a frame, and how well it is known."""

import numpy as np
import pytest

from skyrmlive.inference.frame_diameter import FrameDiameter, frame_diameter
from skyrmlive.stream.result import TABLE_DTYPES, empty_table
from skyrmlive.stream.size_text import size_text


def table(diameter_nm, half=0.1, touches_border=False):
    """Return a table of skyrmions whose intervals of ln(diameter) have a half width."""
    diameter_nm = np.array(diameter_nm, float)
    rows = empty_table().reindex(range(len(diameter_nm)))
    ends = {
        "diameter_low_nm": diameter_nm * np.exp(-np.array(half)),
        "diameter_high_nm": diameter_nm * np.exp(np.array(half)),
    }
    rows = rows.assign(diameter_nm=diameter_nm, touches_border=touches_border, **ends)
    return rows.astype({name: TABLE_DTYPES[name] for name in ("diameter_nm", "touches_border")})


def test_the_interval_is_that_share_of_the_skyrmions():
    found = frame_diameter(table([30.0, 40.0, 50.0], half=[0.1, 0.2, 0.3]), 0.5)
    assert found.mean_nm == pytest.approx(40)
    assert found.std_nm == pytest.approx(10)
    assert np.log(found.mean_nm / found.low_nm) == pytest.approx(0.5 * 0.2)
    assert np.log(found.high_nm / found.mean_nm) == pytest.approx(0.5 * 0.2)


def test_more_skyrmions_do_not_make_the_mean_better_known():
    few, many = (frame_diameter(table(np.full(n, 40.0)), 0.9) for n in (3, 300))
    assert (few.low_nm, few.high_nm) == pytest.approx((many.low_nm, many.high_nm))


def test_the_border_and_stripes_do_not_count():
    rows = table([30.0, 90.0, np.nan], touches_border=[False, True, False])
    found = frame_diameter(rows, 1.0)
    assert found.mean_nm == 30
    assert found.std_nm is None
    assert found.high_nm == pytest.approx(30 * np.exp(0.1))


def test_what_is_not_known_is_not_said():
    assert frame_diameter(empty_table(), 1.0) == FrameDiameter()
    plain = FrameDiameter(30.0, 0.0)
    assert frame_diameter(table([30.0, 30.0]), None) == plain
    assert frame_diameter(table([30.0, 30.0], half=np.nan), 1.0) == plain


def test_in_words():
    assert size_text(38.24, 35.06, 41.61) == "38.2 nm (35.1 to 41.6)"
    assert size_text(38.24, None, None, unit="") == "38.2"
