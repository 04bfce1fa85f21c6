import math

import numpy as np
import pytest
import torch

from skyrmlive.trainer.lorentz.fresnel import fresnel_image, transfer_function
from skyrmlive.trainer.lorentz.microscope import ELEMENTARY_CHARGE_C, PLANCK_J_S, Microscope
from skyrmlive.trainer.lorentz.phase import magnetic_phase
from skyrmlive.trainer.micromagnetics.material import MU0

MS = 2e5
THICKNESS_NM = 27.5


def stripes(component, n=256):
    """Two domains, the left along +component, the right along -component."""
    m = torch.zeros(1, 3, 8, n, dtype=torch.float64)
    m[:, component, :, : n // 2] = MS
    m[:, component, :, n // 2 :] = -MS
    return m


@pytest.mark.parametrize(
    ("voltage_kv", "picometres"), [(100, 3.7014), (200, 2.5079), (300, 1.9687)]
)
def test_wavelength(voltage_kv, picometres):
    """Table 2.2 of De Graef (2003)."""
    assert Microscope(voltage_kv=voltage_kv).wavelength_nm * 1e3 == pytest.approx(
        picometres, rel=1e-4
    )


def test_phase_gradient_of_a_stripe_is_e_over_hbar_times_bt():
    phase = magnetic_phase(stripes(1), 3.0, THICKNESS_NM, 0.0)[0, 4]
    gradient = float(phase[80] - phase[40]) / (40 * 3e-9)
    expected = 2 * math.pi * ELEMENTARY_CHARGE_C / PLANCK_J_S * MU0 * MS * THICKNESS_NM * 1e-9
    assert gradient == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("tilt_deg", [10.0, 20.0, 30.0, -20.0])
def test_tilt_shows_the_out_of_plane_component(tilt_deg):
    """An out-of-plane domain has the in-plane induction B sin(tilt) over a path t / cos(tilt)."""
    phase = magnetic_phase(stripes(2), 3.0, THICKNESS_NM, tilt_deg)[0, 4]
    gradient = float(phase[80] - phase[40]) / (40 * 3e-9)
    flat = 2 * math.pi * ELEMENTARY_CHARGE_C / PLANCK_J_S * MU0 * MS * THICKNESS_NM * 1e-9
    tilt = math.radians(tilt_deg)
    # far from the walls of wide domains the stray field outside adds nothing along y
    assert gradient == pytest.approx(flat * math.tan(tilt), rel=5e-3)


def test_tilted_phase_is_the_superposition_of_dipoles():
    """A magnetised spot against the line integrals of its dipoles' vector potentials."""
    n, cell_nm, tilt_deg, thickness_nm = 256, 6.0, 30.0, 30.0
    tilt = math.radians(tilt_deg)
    moment = np.array([0.3, 0.5, 0.8])
    offset = np.arange(n) - n // 2
    # smooth, since a single cell rings when it is taken for a band-limited function
    spot = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * 1.5**2)) * (np.abs(offset) < 8)
    spot = spot * (np.abs(offset) < 8)[:, None]
    m = torch.tensor(moment[:, None, None] * spot * MS)[None]
    seen = magnetic_phase(m, cell_nm, thickness_nm, tilt_deg)[0].numpy()

    # along the beam p, rho perpendicular to it, a dipole mu has the phase
    # -(e mu0 / h) (mu x rho) . p / rho^2
    beam = np.array([0.0, -math.sin(tilt), math.cos(tilt)])
    y, x = np.meshgrid(offset * cell_nm, offset * cell_nm, indexing="ij")
    ring = (np.hypot(x, y) > 60) & (np.hypot(x, y) < 90)
    here = np.stack([x[ring], y[ring], np.zeros(ring.sum())], axis=-1)
    heights = ((np.arange(6) + 0.5) / 6 - 0.5) * thickness_nm
    expected = np.zeros(len(here))
    for row, column in np.argwhere(spot > 0):
        source = MS * spot[row, column] * moment * cell_nm**2 * thickness_nm / len(heights)
        for height in heights:
            r = here - np.array([x[row, column], y[row, column], height])
            rho = r - (r @ beam)[:, None] * beam
            expected -= (np.cross(source, rho) @ beam) / (rho**2).sum(-1)
    expected *= ELEMENTARY_CHARGE_C * MU0 / PLANCK_J_S * 1e-18

    difference = seen[ring] - expected
    difference -= difference.mean()
    assert np.abs(difference).max() < 0.01 * np.abs(expected).max()


def test_weak_phase_contrast_is_twice_the_sine_of_the_aberration():
    microscope = Microscope()
    n, pixel_nm, period = 256, 3.0, 8
    x = torch.arange(n, dtype=torch.float64)
    amplitude = 1e-4
    phase = (amplitude * torch.cos(2 * math.pi * period * x / n)).expand(1, n, n)
    image = fresnel_image(phase, pixel_nm, microscope, -2e6, 0.0)[0, 0]
    contrast = float(torch.fft.rfft(image)[period].real) / (n / 2)
    q = period / (n * pixel_nm)
    transfer = transfer_function((n, n), pixel_nm, microscope, -2e6, 0.0, phase)[0, period]
    chi = math.pi * microscope.wavelength_nm * -2e6 * q**2
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
