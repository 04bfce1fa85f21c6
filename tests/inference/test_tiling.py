"""A frame in parts gives what the whole frame gives."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.inference import segmenter as segmenter_module
from skyrmlive.inference.engine_store import load_engine
from skyrmlive.inference.rehearsal import lattice_frame
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.inference.tiling import _parts, infer_in_parts


@pytest.mark.parametrize(
    ("name", "of_probability", "of_size"),
    [
        ("pt-co-ir-4mm-30deg", 1e-4, 1e-3),
        # of parts that hold a hundred skyrmions each; real ones hold thousands
        ("neel-1to3mm", 0.03, 0.005),  # what the skyrmions of a part have in common is that part's
    ],
)
def test_parts_and_whole_agree(name, of_probability, of_size, monkeypatch):
    engine = load_engine(name, backend="openvino")
    frame, count = lattice_frame(engine.condition, 1200)
    segmenter = Segmenter(engine)
    whole = segmenter.segment(frame.pixels, frame.metadata)
    monkeypatch.setattr(
        segmenter_module, "infer_in_parts", partial(infer_in_parts, largest_side=768)
    )
    tiled = segmenter.segment(frame.pixels, frame.metadata)
    for map_name in ("mask_probability", "core_probability"):
        maps = getattr(tiled, map_name), getattr(whole, map_name)
        np.testing.assert_allclose(*maps, atol=of_probability)
    assert len(whole.table) > 0.8 * count
    assert len(tiled.table) == len(whole.table)
    for column in ("x", "y", "diameter_nm", "diameter_low_nm"):
        np.testing.assert_allclose(tiled.table[column], whole.table[column], rtol=of_size)


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
