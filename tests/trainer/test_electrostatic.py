"""Electrostatic phase, uneven thickness and bend contours."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from skyrmlive.trainer.lorentz.bend_contour import bend_contour, two_beam
from skyrmlive.trainer.lorentz.electrostatic import electrostatic_phase, uneven_thickness
from skyrmlive.trainer.lorentz.fresnel import fresnel_image
from skyrmlive.trainer.lorentz.microscope import (
    ELECTRON_MASS_KG,
    ELEMENTARY_CHARGE_C,
    LIGHT_SPEED_M_S,
    PLANCK_J_S,
    Microscope,
)
from skyrmlive.trainer.lorentz.random_fields import random_stream, smooth_fields

SHAPE = (96, 128)
LIKE = torch.zeros((), dtype=torch.float64)


@pytest.mark.parametrize(("voltage_kv", "per_v_m"), [(100, 9.24e6), (200, 7.29e6), (300, 6.53e6)])
def test_interaction_constant(voltage_kv, per_v_m):
    microscope = Microscope(voltage_kv=voltage_kv)
    constant = microscope.interaction_constant_per_v_nm
    assert constant * 1e9 == pytest.approx(per_v_m, rel=1e-3)
    # the other form in use, 2 pi m e lambda / h^2 with the relativistic mass
    energy = ELEMENTARY_CHARGE_C * voltage_kv * 1e3
    mass = ELECTRON_MASS_KG + energy / LIGHT_SPEED_M_S**2
    same = 2 * math.pi * mass * ELEMENTARY_CHARGE_C * microscope.wavelength_nm / PLANCK_J_S**2
    assert constant == pytest.approx(same * 1e-18, rel=1e-6)


def test_phase_grows_with_the_tilted_path():
    """20 V over 30 nm at 200 kV are 4.37 rad, and 1 / cos(60) = 2 times as much tilted."""
    thickness = torch.full((2, 4, 4), 30.0, dtype=torch.float64)
    phase = electrostatic_phase(thickness, 20.0, Microscope(), [0.0, 60.0])
    assert float(phase[0, 0, 0]) == pytest.approx(4.373, rel=1e-3)
    torch.testing.assert_close(phase[1], 2 * phase[0])


def test_underfocus_shows_a_bright_fringe_outside_a_thick_region():
    """The classical sign of Fresnel fringes, here of a ridge 5 nm higher than its surroundings."""
    x = torch.arange(256, dtype=torch.float64)
    ridge = 20 + 5 * torch.sigmoid((40 - (x - 128).abs()) / 1.5)
    phase = electrostatic_phase(ridge.expand(1, 8, 256), 10.0, Microscope())
    image = fresnel_image(phase, 1.0, Microscope(), -2e4, 0.0)[0, 0]
    edge = int(np.argmin(np.abs(ridge.numpy() - 22.5)))
    outside, inside = image[edge - 4 : edge], image[edge + 1 : edge + 5]
    assert float(outside.max()) > 1.01
    assert float(inside.min()) < 0.99


def test_thickness_maps_are_as_smooth_and_as_uneven_as_asked():
    pixel_nm, length_nm = 3.0, 30.0
    maps = uneven_thickness((256, 256), pixel_nm, 25.0, 2.0, length_nm, range(8), LIKE)
    torch.testing.assert_close(maps.mean((1, 2)), torch.full((8,), 25.0, dtype=torch.float64))
    torch.testing.assert_close(
        maps.std((1, 2), correction=0), torch.full((8,), 2.0, dtype=torch.float64)
    )
    fields = maps - 25
    for steps in (5, 10, 15):
        seen = float((fields * torch.roll(fields, steps, 2)).mean()) / 4
        expected = math.exp(-((steps * pixel_nm) ** 2) / (2 * length_nm**2))
        assert seen == pytest.approx(expected, abs=0.03)


def test_a_film_cannot_be_thinner_than_nothing():
    maps = uneven_thickness(SHAPE, 3.0, 1.0, 5.0, 30.0, [0], LIKE)
    assert float(maps.min()) == 0


def test_fields_depend_on_seed_and_purpose_alone():
    alone = smooth_fields(SHAPE, 8.0, [7], "thickness", LIKE)[0]
    among = smooth_fields(SHAPE, 8.0, [3, 7], "thickness", LIKE)
    torch.testing.assert_close(among[1], alone, rtol=0, atol=0)
    other = smooth_fields(SHAPE, 8.0, [7], "bend contour", LIKE)[0]
    for field in (among[0], other):
        assert abs(float((field * alone).mean())) < 0.5
    first, second = (random_stream(7, "a", torch.device("cpu")) for _ in range(2))
    assert torch.equal(torch.rand(9, generator=first), torch.rand(9, generator=second))


@pytest.mark.parametrize("length_px", [0.0, -1.0, 97.0, math.nan])
def test_a_correlation_length_must_fit_the_film(length_px):
    with pytest.raises(ValueError, match="does not fit 96x128"):
        smooth_fields(SHAPE, length_px, [0], "thickness", LIKE)


@pytest.mark.parametrize("deviation", [-3.0, -0.4, 0.0, 1.0, 6.0])
@pytest.mark.parametrize("thickness", [0.3, 0.5, 1.7])
def test_two_beam_wave_solves_the_howie_whelan_equations(deviation, thickness):
    """Lengths in extinction distances."""

    def slope(z, waves):
        direct, diffracted = waves
        turn = np.exp(2j * np.pi * deviation * z)
        return [1j * np.pi * diffracted * turn, 1j * np.pi * direct / turn]

    solution = solve_ivp(slope, (0, thickness), [1 + 0j, 0j], rtol=1e-9, atol=1e-11)
    seen = complex(two_beam(torch.tensor(deviation, dtype=torch.float64), thickness))
    assert abs(seen - solution.y[0, -1]) < 1e-6


def test_bend_contour_is_a_dark_band_that_closes_on_itself():
    contour = bend_contour(SHAPE, 3.0, 25.0, 60.0, 20.0, 8.0, range(12), LIKE)
    assert contour.amplitude.shape == contour.phase.shape == (12, *SHAPE)
    assert float(contour.amplitude.max()) <= 1 + 1e-12
    deepest = abs(math.cos(math.pi * 25 / 60))
    torch.testing.assert_close(
        contour.amplitude.amin((1, 2)),
        torch.full((12,), deepest, dtype=torch.float64),
        rtol=0,
        atol=0.03,
    )
    dark = (contour.amplitude < (1 + deepest) / 2).double().mean((1, 2))
    assert float(dark.min()) > 0.02
    assert float(dark.max()) < 0.5
    # as smooth across the border of the periodic film as inside
    for field in contour:
        steps = (field - torch.roll(field, 1, 2)).abs()
        assert float(steps[:, :, 0].max()) <= 1.5 * float(steps[:, :, 1:].max())
    # twelve bands run in more than one direction
    along_x = (contour.amplitude.amin(2) < (1 + deepest) / 2).all(1)
    assert 0 < int(along_x.sum()) < 12


def test_bend_contour_depends_on_its_seed_alone():
    arguments = (SHAPE, 3.0, 25.0, 60.0, 20.0, 8.0)
    alone, among = bend_contour(*arguments, [5], LIKE), bend_contour(*arguments, [1, 5], LIKE)
    for one, both in zip(alone, among, strict=True):
        assert torch.equal(both[1], one[0])
        assert not torch.equal(both[0], one[0])


def test_an_absorbing_band_is_seen_in_focus_and_a_phase_is_not():
    microscope = Microscope(spherical_aberration_nm=0.0)
    amplitude, phase = bend_contour(SHAPE, 3.0, 25.0, 60.0, 40.0, 8.0, [2], LIKE)
    seen = fresnel_image(phase, 3.0, microscope, 0.0, 0.0, amplitude=amplitude)
    torch.testing.assert_close(seen, amplitude**2, rtol=0, atol=1e-3)
    pure = fresnel_image(phase, 3.0, microscope, 0.0, 0.0)
    torch.testing.assert_close(pure, torch.ones_like(pure), rtol=0, atol=1e-3)
