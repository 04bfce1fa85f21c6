"""Phase and Fresnel image against what is known in closed form."""

import math

import numpy as np
import pytest
import torch

from skyrmlive.trainer.lorentz.closed_forms import BlochLattice, uniform_film_gradient
from skyrmlive.trainer.lorentz.fresnel import fresnel_image, lorentz_image, transfer_function
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.lorentz.phase import magnetic_phase
from skyrmlive.trainer.micromagnetics.material import MU0

MS = 2e5
THICKNESS_NM = 27.5
DEFOCUS_NM = -2e6
# so weak that the phase stays below 1e-3 rad
LATTICE = BlochLattice(1e3, THICKNESS_NM, pixel_size_nm=1.5, refinement=4)


@pytest.mark.parametrize(
    ("voltage_kv", "picometres"), [(100, 3.7014), (200, 2.5079), (300, 1.9687)]
)
def test_wavelength(voltage_kv, picometres):
    """Table 2.2 of De Graef (2003)."""
    assert Microscope(voltage_kv=voltage_kv).wavelength_nm * 1e3 == pytest.approx(
        picometres, rel=1e-4
    )


def test_phase_gradient_of_a_stripe_is_e_over_hbar_times_bt():
    """Two wide domains, the left along +y, the right along -y."""
    m = torch.zeros(1, 3, 8, 256, dtype=torch.float64)
    m[:, 1, :, :128], m[:, 1, :, 128:] = MS, -MS
    phase = magnetic_phase(m, 3.0, THICKNESS_NM, 0.0)[0, 4]
    gradient = float(phase[80] - phase[40]) / (40 * 3)
    assert gradient == pytest.approx(uniform_film_gradient(MU0 * MS, THICKNESS_NM), rel=5e-3)
    # pi / phi0 B t, phi0 = h / 2e = 2067.83 T nm^2
    assert gradient == pytest.approx(math.pi / 2067.83 * MU0 * MS * THICKNESS_NM, rel=5e-3)


@pytest.mark.parametrize(("tilt_deg", "tilt_axis_deg"), [(0.0, 0.0), (30.0, 0.0), (30.0, 37.0)])
def test_phase_of_a_periodic_lattice_is_the_analytic_one(tilt_deg, tilt_axis_deg):
    phase = magnetic_phase(
        LATTICE.magnetisation(), LATTICE.pixel_size_nm, THICKNESS_NM, tilt_deg, tilt_axis_deg
    )[0]
    expected = LATTICE.phase(tilt_deg, tilt_axis_deg)
    assert np.abs(phase.numpy() - expected).max() < 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize(("tilt_deg", "tilt_axis_deg"), [(0.0, 0.0), (30.0, 0.0), (30.0, 37.0)])
@pytest.mark.parametrize("defocus_nm", [DEFOCUS_NM, 4e5])
def test_image_of_a_periodic_lattice_is_the_analytic_one(tilt_deg, tilt_axis_deg, defocus_nm):
    microscope = Microscope()
    image = lorentz_image(
        LATTICE.magnetisation(),
        LATTICE.pixel_size_nm,
        THICKNESS_NM,
        microscope,
        defocus_nm,
        tilt_deg,
        tilt_axis_deg,
    )[0]
    expected = LATTICE.weak_phase_image(microscope, defocus_nm, tilt_deg, tilt_axis_deg)
    contrast = np.ptp(expected)
    assert contrast > 1e-4, "the lattice is seen"
    assert np.abs(image.numpy() - expected).max() < 1e-3 * contrast


def test_weak_phase_contrast_is_twice_the_sine_of_the_aberration():
    microscope = Microscope()
    n, pixel_nm, period = 256, 3.0, 8
    x = torch.arange(n, dtype=torch.float64)
    amplitude = 1e-4
    phase = (amplitude * torch.cos(2 * math.pi * period * x / n)).expand(1, n, n)
    image = fresnel_image(phase, pixel_nm, microscope, DEFOCUS_NM, 0.0)[0, 0]
    contrast = float(torch.fft.rfft(image)[period].real) / (n / 2)
    q = period / (n * pixel_nm)
    transfer = transfer_function((n, n), pixel_nm, microscope, DEFOCUS_NM, 0.0, phase)[0, period]
    chi = math.pi * microscope.wavelength_nm * DEFOCUS_NM * q**2
    expected = 2 * amplitude * math.sin(chi) * float(transfer.abs())
    assert contrast == pytest.approx(expected, rel=1e-3)
    assert float(image.mean()) == pytest.approx(1.0, abs=1e-6)


def test_underfocus_brightens_where_the_phase_curves_upwards():
    """I = 1 + (lambda |df| / 2 pi) d2phi/dx2 for a small underfocus."""
    microscope = Microscope(beam_convergence_rad=0.0, defocus_spread_nm=0.0)
    n, pixel_nm = 256, 3.0
    x = torch.arange(n, dtype=torch.float64)
    k = 2 * math.pi * 2 / (n * pixel_nm)
    phase = (1e-3 * torch.cos(k * x * pixel_nm)).expand(1, n, n)
    image = fresnel_image(phase, pixel_nm, microscope, -1e5, 0.0)[0, 0]
    laplacian = -(k**2) * phase[0, 0]
    expected = 1 + microscope.wavelength_nm * 1e5 / (2 * math.pi) * laplacian
    torch.testing.assert_close(image - 1, expected - 1, rtol=1e-2, atol=1e-8)


def test_without_envelopes_no_electron_is_lost():
    """A strong phase and an absorbing film: the image keeps the wave's intensity."""
    microscope = Microscope(beam_convergence_rad=0.0, defocus_spread_nm=0.0)
    generator = torch.Generator().manual_seed(1)
    phase = 5 * torch.rand(2, 32, 48, dtype=torch.float64, generator=generator)
    amplitude = torch.rand(2, 32, 48, dtype=torch.float64, generator=generator)
    image = fresnel_image(phase, 3.0, microscope, -2e5, 0.0, amplitude=amplitude)
    torch.testing.assert_close(image.mean((1, 2)), amplitude.square().mean((1, 2)))
    assert float((image - amplitude**2).abs().max()) > 0.1, "the light is spread otherwise"


def test_single_precision_suffices():
    m = LATTICE.magnetisation() * (MS / LATTICE.saturation_magnetisation)
    arguments = (LATTICE.pixel_size_nm, THICKNESS_NM, Microscope(), DEFOCUS_NM, 20.0, 37.0)
    exact, single = lorentz_image(m, *arguments), lorentz_image(m.float(), *arguments)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), exact, rtol=0, atol=5e-6)
