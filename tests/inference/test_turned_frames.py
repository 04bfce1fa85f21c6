"""What an engine finds does not depend on how the sample lies on the camera."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import load_engine
from skyrmlive.inference.rehearsal import lattice_frame
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.stream.frame import Frame, FrameMetadata

LARGE, SIDE = 640, 440


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine("neel-1to3mm", backend="openvino")


@pytest.fixture(scope="module")
def sample(engine) -> Frame:
    return lattice_frame(engine.condition, LARGE)[0]


def seen(sample: Frame, axis_deg: float) -> tuple[np.ndarray, np.ndarray, FrameMetadata]:
    """Return a frame of the middle, the tilt axis lying so, how it is turned, and metadata.

    A point p of the frame, from its middle, is `turn` @ p of the sample, from its middle.
    """
    cos, sin = np.cos(np.radians(axis_deg)), np.sin(np.radians(axis_deg))
    turn = np.array([[cos, sin], [-sin, cos]])
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    places = np.einsum("ij,jyx->iyx", turn, np.stack([x, y])) + (LARGE - 1) / 2
    pixels = ndimage.map_coordinates(sample.pixels.astype(float), places[::-1], order=5)
    metadata = sample.metadata.model_copy(update={"tilt_axis_deg": axis_deg})
    return pixels, turn, metadata


@pytest.mark.parametrize("axis_deg", [20.0, 45.0, 90.0, 236.0])
def test_a_turned_frame_gives_what_the_sample_gives(engine, sample, axis_deg):
    segmenter = Segmenter(engine)
    whole = segmenter.segment(sample.pixels, sample.metadata)
    straight = segmenter.segment(*seen(sample, 0.0)[::2])
    pixels, turn, metadata = seen(sample, axis_deg)
    found = segmenter.segment(pixels, metadata)
    assert found.diameter.mean_nm == pytest.approx(straight.diameter.mean_nm, rel=0.08)
    assert found.unfamiliarity < 1
    middle = (SIDE - 1) / 2
    there = whole.table[["x", "y"]].to_numpy() - (LARGE - 1) / 2
    here = there @ turn + middle
    in_view = ((here > 8) & (here < SIDE - 9)).all(axis=1)
    places = found.table[["x", "y"]].to_numpy()
    off = np.linalg.norm(here[in_view, None] - places, axis=-1).min(axis=1)
    assert np.mean(off < 3) > 0.98
    assert np.median(off) < 0.5
