"""What a network is told of a frame's optics."""

import numpy as np
import pytest

from skyrmlive.inference.frame_parts import FrameParts
from skyrmlive.inference.told import OPTICS, TOLD, told
from skyrmlive.stream.frame import FrameMetadata

PARTS = FrameParts.of(np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32), 3.0)


def optics_of(condition, **known):
    vector = told(PARTS, FrameMetadata(**known), condition)
    assert vector.shape == (TOLD,)
    return vector[:OPTICS]


def test_a_frame_that_says_nothing_has_the_nominal_optics_and_an_unknown_blur(tiny_engine):
    condition = tiny_engine.condition
    expected = condition.defocus_nm * 1e-6, condition.tilt_deg, 0, 0
    np.testing.assert_allclose(optics_of(condition), expected)


@pytest.mark.parametrize(
    ("known", "blur_nm"),
    [
        ({"blur_px": 0.0}, 0),
        ({"blur_px": 1.5, "pixel_size_nm": 2.0}, 3),
        ({"blur_px": 1.0}, "a pixel of the engine's"),
        ({"blur_px": 1e6, "pixel_size_nm": 2.0}, "the largest of the envelope"),
    ],
)
def test_a_known_blur_is_told_in_nm(tiny_engine, known, blur_nm):
    condition = tiny_engine.condition
    blur_nm = {
        "a pixel of the engine's": condition.pixel_size_nm,
        "the largest of the envelope": condition.envelope.blur_nm.high,
    }.get(blur_nm, blur_nm)
    np.testing.assert_allclose(optics_of(condition, **known)[2:], (blur_nm, 1))
