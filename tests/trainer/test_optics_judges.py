"""What tells frames under other optics from those that are told right."""

from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.inference.other_optics import OTHER_OPTICS, OpticsSeen
from skyrmlive.trainer.engine.optics_judge_fit import judges

TOLD, OTHERS = 0, {name: number for number, name in enumerate(OTHER_OPTICS, 1)}


def frames(count: int, seed: int, **means: float) -> list[OpticsSeen]:
    """Return frames whose shares vary together, as they do with noise, and a little apart."""
    rng = np.random.default_rng(seed)
    middle = [means.get("told", 0.8), *(means.get(name, 0.3) for name in OTHER_OPTICS)]
    shares = np.array(middle) * rng.uniform(0.4, 1.0, (count, 1))
    shares += rng.normal(0, 0.02, shares.shape)
    return [OpticsSeen(row[TOLD], dict(zip(OTHER_OPTICS, row[1:], strict=True))) for row in shares]


@pytest.fixture(scope="module")
def found():
    """Return the judges of frames in which half the defocus explains nearly as much as was told."""
    right = frames(4000, 1, half=0.7)
    wrong = {name: frames(500, 2 + n, told=0.4, **{name: 0.8}) for name, n in OTHERS.items()}
    wrong["half"] = frames(500, 9, told=0.75, half=0.9)
    return judges(right, wrong)


def suspicions(judges, name: str, seen: list[OpticsSeen]) -> np.ndarray:
    return np.array([judges[name].suspicion(each.told, each.others[name]) for each in seen])


def test_one_in_a_hundred_ordinary_frames_is_suspected_at_most(found):
    ordinary = frames(4000, 20, half=0.7)
    for name in OTHER_OPTICS:
        suspected = suspicions(found, name, ordinary)
        assert np.mean(suspected > 1) < 0.015
        assert np.median(suspected) == pytest.approx(0, abs=0.1)


def test_frames_under_other_optics_are_suspected(found):
    half = frames(500, 30, told=0.75, half=0.9)
    assert np.mean(suspicions(found, "half", half) > 1) > 0.9
    for name in OTHER_OPTICS:
        if name != "half":
            wrong = frames(200, 40, told=0.4, **{name: 0.8})
            assert np.mean(suspicions(found, name, wrong) > 1) > 0.99
