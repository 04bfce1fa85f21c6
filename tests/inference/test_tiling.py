"""A frame in parts gives what the whole frame gives."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.inference import segmenter as segmenter_module
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import load_engine
from skyrmlive.inference.rehearsal import lattice_frame
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.inference.tiling import _parts, infer_in_parts


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine("neel-1to3mm", backend="openvino")


def test_parts_and_whole_agree(engine, monkeypatch):
    frame, count = lattice_frame(engine.condition, 1200)
    segmenter = Segmenter(engine)
    whole = segmenter.segment(frame.pixels, frame.metadata)
    monkeypatch.setattr(
        segmenter_module, "infer_in_parts", partial(infer_in_parts, largest_side=768)
    )
    tiled = segmenter.segment(frame.pixels, frame.metadata)
    np.testing.assert_allclose(tiled.mask_probability, whole.mask_probability, atol=1e-4)
    np.testing.assert_allclose(tiled.core_probability, whole.core_probability, atol=1e-4)
    assert len(whole.table) > 0.8 * count
    assert len(tiled.table) == len(whole.table)
    for name in ("x", "y", "diameter_nm", "diameter_low_nm"):
        np.testing.assert_allclose(tiled.table[name], whole.table[name], rtol=1e-3)


@given(
    side=st.integers(1, 300),
    largest=st.integers(1, 40),
    margin=st.integers(0, 6),
)
def test_parts_cover_an_axis_once_and_see_far_enough(side, largest, margin):
    multiple = 32
    side, largest, margin = side * multiple, largest * multiple, margin * multiple
    parts = _parts(side, largest, margin, multiple)
    covered = np.concatenate([np.arange(write.start, write.stop) for _, write in parts])
    np.testing.assert_array_equal(covered, np.arange(side))
    (length,) = {read.stop - read.start for read, _ in parts}
    needed = side + 2 * margin * (len(parts) - 1)
    assert len(parts) * length < needed + len(parts) * multiple
    for read, write in parts:
        assert 0 <= read.start % multiple == write.start % multiple == 0
        assert read.start == 0 or write.start - read.start >= margin
        assert read.stop == side or read.stop - write.stop >= margin
        assert 0 <= read.start < read.stop <= side
