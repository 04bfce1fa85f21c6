"""A frame that was taken under other optics than those told of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyrmlive.inference.doubts import doubts_about
from skyrmlive.inference.frame_parts import FrameParts
from skyrmlive.inference.normalise import normalise
from skyrmlive.inference.other_optics import OTHER_OPTICS, OpticsJudge, OpticsSeen, optics_seen
from skyrmlive.inference.reliability import Reliability
from skyrmlive.stream.errors import UserError

from .weak_phases import MICROSCOPE, PIXEL_NM, lattice, weak_phase_image

TILT_DEG, TOLD_NM = 20.0, -2e6


def judges(limit=0.05):
    """Return some that suspect other optics which explain by so much more than those told."""
    judge = OpticsJudge(intercept=0.0, told=-1 / limit, other=1 / limit)
    return dict.fromkeys(OTHER_OPTICS, judge)


JUDGING = Reliability(optics_judges=judges())


def seen(image):
    parts = FrameParts.of(normalise(image), PIXEL_NM)
    return optics_seen(parts, MICROSCOPE, TOLD_NM, TILT_DEG, TOLD_NM)


def taken(defocus_nm=TOLD_NM, seed=0, shape=(512, 512)):
    """Return a lattice's image with as much noise as contrast."""
    image = weak_phase_image(lattice(shape, 130, seed), 12.0, shape, defocus_nm, TILT_DEG)
    return image + np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_told_explains_most(seed):
    found = seen(taken(seed=seed))
    assert found.told > 0.2
    assert max(found.others.values()) < found.told
    assert JUDGING.contradicted(found)[1] < 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("inverted", lambda seed: taken(-TOLD_NM, seed)),
        ("half", lambda seed: taken(TOLD_NM / 2, seed)),
        ("twice", lambda seed: taken(2 * TOLD_NM, seed)),
        ("across", lambda seed: np.rot90(taken(seed=seed), 3)),
        ("across, reversed", lambda seed: np.rot90(taken(seed=seed))),
    ],
)
def test_other_optics_are_seen_and_named(name, image, seed):
    found = seen(np.ascontiguousarray(image(seed)))
    most, excess = JUDGING.contradicted(found)
    assert (most, excess > 1) == (name, True)
    number, (sentence, ordinary) = doubts_about(JUDGING, None, float("nan"), found)
    assert number == excess
    assert OTHER_OPTICS[name].words in sentence
    assert "does not look like" in ordinary


def test_of_noise_no_optics_are_named():
    noise = np.random.default_rng(0).normal(size=(512, 512)).astype(np.float32)
    reliability = Reliability(optics_judges=judges(1e-9))
    number, sentences = doubts_about(reliability, None, float("nan"), seen(noise))
    assert number > 1
    assert len(sentences) == 1
    assert "does not look like" in sentences[0]


def test_where_nothing_is_seen_nothing_is_said():
    assert seen(np.zeros((64, 64), np.float32)) is None
    assert doubts_about(JUDGING, None, float("nan"), None) == (None, [])


def test_an_engine_without_judges_says_nothing():
    found = OpticsSeen(0.1, dict.fromkeys(OTHER_OPTICS, 0.9))
    assert Reliability().contradicted(found) is None
    assert doubts_about(Reliability(), None, float("nan"), found) == (None, [])


@pytest.mark.parametrize(
    "judges", ['{"sideways": {"intercept": 0, "told": -1, "other": 1}}', '{"half": 0}']
)
def test_judges_of_nothing_are_refused(judges):
    with pytest.raises(UserError, match="optics_judges"):
        Reliability.from_json(f'{{"optics_judges": {judges}}}'.encode())


@settings(max_examples=40)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 3))
def test_a_frame_of_any_size_has_finite_shares(height, width, seed):
    image = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    found = seen(image)
    assert found is None or np.isfinite([found.told, *found.others.values()]).all()
