import numpy as np
import pytest

from skyrmlive.trainer.micromagnetics.standard_problems import (
    MUMAX3_AFTER_1_NS,
    MUMAX3_S_STATE,
    OOMMF_CROSSING_S,
    OOMMF_MY,
    standard_problem_4,
)
from skyrmlive.trainer.torch_threads import torch_threads


@pytest.fixture(scope="module")
def solution():
    with torch_threads(1):  # a film this small is slower on two
        return standard_problem_4()


def test_saturation_relaxes_into_the_s_state_of_mumax3(solution):
    np.testing.assert_allclose(solution.s_state, MUMAX3_S_STATE, rtol=0, atol=5e-5)


def test_first_field_reverses_the_film_as_in_oommf(solution):
    """OOMMF's cells are smaller; on its mesh the two series agree to 2e-4."""
    assert solution.crossing_s[0] == pytest.approx(OOMMF_CROSSING_S, abs=0.2e-12)
    np.testing.assert_allclose(solution.m[0, 2::2, 1], OOMMF_MY, rtol=0, atol=0.007)


def test_both_fields_end_as_in_mumax3(solution):
    """On the same mesh; most of the difference is mumax3's numerical demagnetising tensor."""
    np.testing.assert_allclose(solution.m[:, -1], MUMAX3_AFTER_1_NS, rtol=0, atol=0.006)


def test_second_field_reverses_the_film_sooner(solution):
    assert 0.136e-9 < solution.crossing_s[1] < solution.crossing_s[0]
