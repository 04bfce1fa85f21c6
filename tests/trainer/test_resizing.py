"""Resizing against the profile that it is exact for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.trainer.learning.resizing import Resizing, resized

CELL_NM, SIDE = 1.0, 161


def skyrmion(radius_nm, wall_nm):
    """A Neel skyrmion of the published profile, float64 (3, SIDE, SIDE)."""
    x = (np.arange(SIDE) - SIDE // 2) * CELL_NM
    r = np.hypot(x[:, None], x) + 1e-9
    theta = 2 * np.arctan(np.sinh(radius_nm / wall_nm) / np.sinh(r / wall_nm))
    return np.stack([np.sin(theta) * x / r, np.sin(theta) * x[:, None] / r, np.cos(theta)])


@given(radius=st.floats(8, 30), wall=st.floats(5, 12), factor=st.floats(0.4, 2.5))
def test_the_same_wall_with_another_radius(radius, wall, factor):
    expected_radius = wall * np.arcsinh(factor * np.sinh(radius / wall))
    found = resized(skyrmion(radius, wall), factor)
    np.testing.assert_allclose(found, skyrmion(expected_radius, wall), atol=1e-9)


def test_poles_and_lengths_stay():
    m = skyrmion(15, 8)
    m[:, 0, 0], m[:, 0, 1] = (0, 0, -1), (0, 0, 1)
    found = resized(m.astype(np.float32), 2.0)
    assert found[2, 0, 0] == -1
    assert found[2, 0, 1] == 1
    np.testing.assert_allclose(np.sum(found**2, axis=0), 1, atol=1e-4)


def test_the_share_of_the_examples_is_resized():
    rng = np.random.default_rng(0)
    factors = np.array([Resizing(share=0.3, factor=(0.5, 2)).draw(rng) for _ in range(2000)])
    assert np.mean(factors != 1) == pytest.approx(0.3, abs=0.04)
    assert factors.min() > 0.5
    assert factors.max() < 2
