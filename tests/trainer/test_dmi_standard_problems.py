import numpy as np
import pytest

from skyrmlive.trainer.micromagnetics.standard_problems import (
    DISK_RADIUS_NM,
    OOMMF_WIRE_LAST_CELL_MX,
    WIRE_EDGE,
    at_the_end,
    dmi_disk,
    dmi_wire,
    wire_profile,
)


def test_wire_cants_at_its_ends_as_the_free_boundary_demands():
    x_nm, m = dmi_wire()
    assert at_the_end(m) == pytest.approx(WIRE_EDGE, rel=0.005)
    assert wire_profile(np.array([50.0]))[0] == pytest.approx(WIRE_EDGE[0], abs=1e-6)
    np.testing.assert_allclose(np.abs(m[0]), wire_profile(x_nm), rtol=0, atol=0.002)
    # the same discretisation as OOMMF's: the same numbers
    assert abs(m[0, -1]) == pytest.approx(OOMMF_WIRE_LAST_CELL_MX, abs=1e-6)
    np.testing.assert_allclose(m[0], -m[0, ::-1], rtol=0, atol=1e-8)


def test_wire_cants_to_the_side_that_the_sign_of_the_dmi_sets():
    """D > 0, D [m_z div m - (m . grad) m_z]: where m is up, it leans inwards at both ends."""
    x_nm, m = dmi_wire()
    assert (np.sign(m[0]) == -np.sign(x_nm)).all()


def test_skyrmion_in_a_disk_has_the_published_radius():
    r_nm, mz, radius_nm = dmi_disk()
    # the same discretisation as OOMMF's: the same numbers
    assert radius_nm == pytest.approx(DISK_RADIUS_NM["OOMMF"], abs=0.002)
    assert (r_nm[-1], mz[-1]) == (49.0, pytest.approx(-0.840720, abs=1e-5))
    assert radius_nm == pytest.approx(DISK_RADIUS_NM["ODE"], rel=0.01)
    # mumax3 imposes the boundary condition from outside, and stands 1.02 % above OOMMF
    assert radius_nm == pytest.approx(DISK_RADIUS_NM["mumax3"], rel=0.0105)


def test_smaller_cells_come_closer_to_the_differential_equation():
    exact = DISK_RADIUS_NM["ODE"]
    coarse, fine = (exact - dmi_disk(cell_size_nm)[2] for cell_size_nm in (2.0, 1.0))
    assert 0 < fine < 0.3 * coarse
