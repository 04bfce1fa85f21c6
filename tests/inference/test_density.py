"""Cut out of a larger lattice, a frame has the lattice's density."""

from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.inference.density import skyrmions_in_view
from skyrmlive.inference.instances import find_instances
from skyrmlive.inference.view import View

MASK_PX, CORE_PX, SPACING_PX, FRAME = 9.0, 5.0, 24.0, (120, 150)


def frames(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return mask and core maps of discs on a triangular lattice, shifted at random."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices(FRAME)
    cut = []
    for _ in range(count):
        i, j = np.mgrid[-12:13, -12:13].reshape(2, -1)
        x = SPACING_PX * (i + j / 2) + FRAME[1] / 2 + rng.uniform(-SPACING_PX, SPACING_PX)
        y = SPACING_PX * np.sqrt(3) / 2 * j + FRAME[0] / 2 + rng.uniform(-SPACING_PX, SPACING_PX)
        near = (x > -20) & (x < FRAME[1] + 20) & (y > -20) & (y < FRAME[0] + 20)
        apart = np.hypot(columns[..., None] - x[near], rows[..., None] - y[near]).min(axis=-1)
        maps = [(apart < radius).astype(np.float32) for radius in (MASK_PX, CORE_PX)]
        cut.append((maps[0], maps[1]))
    return cut


def test_what_the_border_cuts_does_not_add_to_the_density():
    view = View.whole(FRAME)
    counted, all_that_show = [], []
    for mask, core in frames(60):
        found = find_instances(mask, core)
        counted.append(skyrmions_in_view(found, np.zeros(found.count, bool), view))
        all_that_show.append(found.count)
    there = FRAME[0] * FRAME[1] / (SPACING_PX**2 * np.sqrt(3) / 2)
    assert np.mean(counted) == pytest.approx(there, rel=0.025)
    assert np.mean(all_that_show) > 1.05 * there


def test_stripes_are_not_counted():
    mask, core = frames(1)[0]
    found = find_instances(mask, core)
    assert skyrmions_in_view(found, np.ones(found.count, bool), View.whole(FRAME)) == 0
