"""Tilt about any axis in the film's plane, and one call for many conditions."""

import math

import numpy as np
import pytest
import torch

from skyrmlive.inference.condition import ImagingCondition
from skyrmlive.inference.engine_store import SHIPPED
from skyrmlive.inference.geometry import geometry_for, tilt_of
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.trainer.lorentz.beam import per_image, projected_waves
from skyrmlive.trainer.lorentz.closed_forms import pylorentz_phase, uniform_film_gradient
from skyrmlive.trainer.lorentz.dipole_sum import MagnetisedSpot
from skyrmlive.trainer.lorentz.fresnel import lorentz_image, transfer_function
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.lorentz.phase import PHASE_PREFACTOR, magnetic_phase
from skyrmlive.trainer.micromagnetics.material import MU0

CELL_NM = 3.0
THICKNESS_NM = 27.5
MS = 2e5


def rough_film(ny=24, nx=32, batch=1):
    """White noise: it reaches the Nyquist frequency as much as any other."""
    generator = torch.Generator().manual_seed(0)
    return MS * torch.randn(batch, 3, ny, nx, dtype=torch.float64, generator=generator)


def quarter_turn(fields):
    """Turn images (..., ny, nx) by 90 degrees from +x towards +y."""
    return torch.rot90(fields, -1, dims=(-2, -1))


def turned(magnetisation):
    mx, my, mz = quarter_turn(magnetisation).unbind(dim=1)
    return torch.stack([-my, mx, mz], dim=1)


@pytest.mark.parametrize("tilt_deg", [10.0, 20.0, 30.0, -20.0])
def test_tilt_shows_the_out_of_plane_component(tilt_deg):
    """An out-of-plane domain has the in-plane induction B sin(tilt) over a path t / cos(tilt)."""
    m = torch.zeros(1, 3, 8, 256, dtype=torch.float64)
    m[:, 2, :, :128], m[:, 2, :, 128:] = MS, -MS
    phase = magnetic_phase(m, CELL_NM, THICKNESS_NM, tilt_deg)[0, 4]
    gradient = float(phase[80] - phase[40]) / (40 * CELL_NM)
    # far from the walls of wide domains the stray field outside adds nothing along y
    expected = uniform_film_gradient(MU0 * MS, THICKNESS_NM) * math.tan(math.radians(tilt_deg))
    assert gradient == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("tilt_axis_deg", [0.0, 37.0, 250.0])
def test_tilted_phase_is_the_superposition_of_dipoles(tilt_axis_deg):
    spot = MagnetisedSpot((0.3 * MS, 0.5 * MS, 0.8 * MS))
    ring = (spot.radius_nm() > 60) & (spot.radius_nm() < 90)
    film = (spot.magnetisation(), spot.cell_size_nm, spot.thickness_nm)
    seen = magnetic_phase(*film, 30.0, tilt_axis_deg)[0].numpy()
    expected = spot.phase(ring, 30.0, tilt_axis_deg)
    difference = seen[ring] - expected
    difference -= difference.mean()
    assert np.abs(difference).max() < 0.01 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("tilt_deg", "published_error"), [(10.0, 0.02), (20.0, 0.07), (30.0, 0.16)]
)
def test_the_published_kernel_is_off_where_ours_is_not(tilt_deg, published_error):
    """Root mean square over a ring about a perpendicular moment, against the direct sum."""
    spot = MagnetisedSpot((0.0, 0.0, MS))
    ring = (spot.radius_nm() > 60) & (spot.radius_nm() < 90)
    film = (spot.magnetisation(), spot.cell_size_nm, spot.thickness_nm)
    expected = spot.phase(ring, tilt_deg, 0.0)

    def error(phase):
        return (phase[0].numpy()[ring] - expected).std() / expected.std()

    assert error(magnetic_phase(*film, tilt_deg)) < 0.01
    assert error(pylorentz_phase(*film, tilt_deg)) == pytest.approx(published_error, abs=0.01)


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0, -35.0])
def test_tilt_about_x_is_the_written_out_kernel(tilt_deg):
    """K = (kx, ky, ky tan theta), p = (0, -sin theta, cos theta), without a Nyquist frequency."""
    m = rough_film(25, 33)
    kx = 2 * math.pi * torch.fft.fftfreq(33, CELL_NM, dtype=torch.float64)
    ky = 2 * math.pi * torch.fft.fftfreq(25, CELL_NM, dtype=torch.float64)[:, None]
    tilt = math.radians(tilt_deg)
    cos, sin = math.cos(tilt), math.sin(tilt)
    k_squared = kx**2 + (ky / cos) ** 2
    k_squared[0, 0] = math.inf
    half = 0.5 * ky * THICKNESS_NM * math.tan(tilt)
    thickness = THICKNESS_NM / cos * torch.where(half == 0, 1.0, torch.sin(half) / half)
    mx, my, mz = torch.fft.fft2(m[0])
    triple = my * kx * cos - mx * ky / cos + mz * kx * sin
    expected = torch.fft.ifft2(-1j * PHASE_PREFACTOR * thickness * triple / k_squared).real
    phase = magnetic_phase(m, CELL_NM, THICKNESS_NM, tilt_deg)[0]
    torch.testing.assert_close(phase, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("tilt_axis_deg", [0.0, 37.0])
def test_film_and_axis_turned_together_give_the_turned_phase(tilt_axis_deg):
    m = rough_film()
    phase = magnetic_phase(m, CELL_NM, THICKNESS_NM, 25.0, tilt_axis_deg)
    same = magnetic_phase(turned(m), CELL_NM, THICKNESS_NM, 25.0, tilt_axis_deg + 90)
    torch.testing.assert_close(same, quarter_turn(phase), rtol=0, atol=1e-12)


@pytest.mark.parametrize("tilt_axis_deg", [0.0, 37.0])
def test_film_and_axis_turned_together_give_the_turned_image(tilt_axis_deg):
    m = rough_film(25, 33)
    film = (CELL_NM, THICKNESS_NM, Microscope(), -3e5, 25.0)
    image = lorentz_image(m, *film, tilt_axis_deg)
    same = lorentz_image(turned(m), *film, tilt_axis_deg + 90)
    assert float(image.std()) > 0.01
    torch.testing.assert_close(same, quarter_turn(image), rtol=0, atol=1e-12)


def test_a_mirrored_film_has_the_mirrored_phase():
    """M is an axial vector; the mirror y -> -y turns the tilt's sense. So does Nyquist's wave."""
    m = rough_film()
    mirrored = torch.roll(m.flip(2), 1, 2) * torch.tensor([-1.0, 1.0, -1.0])[:, None, None]
    phase = magnetic_phase(m, CELL_NM, THICKNESS_NM, 25.0)
    same = magnetic_phase(mirrored, CELL_NM, THICKNESS_NM, -25.0)
    torch.testing.assert_close(same, torch.roll(phase.flip(1), 1, 1), rtol=0, atol=1e-12)


def test_a_negative_tilt_is_a_tilt_about_the_opposite_axis():
    m = rough_film()
    expected = magnetic_phase(m, CELL_NM, THICKNESS_NM, -20.0, 37.0)
    seen = magnetic_phase(m, CELL_NM, THICKNESS_NM, 20.0, 217.0)
    torch.testing.assert_close(seen, expected, rtol=0, atol=1e-12)


def test_tilts_of_the_wire_mean_the_same_here():
    """A holder tilted about y alone, and the frequencies of the camera's geometry."""
    tilt = tilt_of(FrameMetadata(tilt_x_deg=0.0, tilt_y_deg=20.0, tilt_axis_deg=-12.0))
    assert tilt.tilt_deg == pytest.approx(20.0)
    m = rough_film()
    about_y = magnetic_phase(turned(m), CELL_NM, THICKNESS_NM, tilt.tilt_deg, tilt.axis_deg)
    about_x = magnetic_phase(m, CELL_NM, THICKNESS_NM, 20.0, -12.0)
    torch.testing.assert_close(about_y, quarter_turn(about_x), rtol=0, atol=1e-12)

    metadata = FrameMetadata(
        tilt_x_deg=20.0, tilt_axis_deg=37.0, pixel_size_nm=CELL_NM, geometry="camera"
    )
    engine = next(SHIPPED.glob("*/condition.json"))
    condition = ImagingCondition.model_validate_json(engine.read_text())
    to_sample = geometry_for((24, 32), metadata, condition).to_sample
    waves = projected_waves((24, 32), CELL_NM, 20.0, 37.0, torch.zeros(1, dtype=torch.float64))
    in_sample = torch.stack(torch.broadcast_tensors(waves.kx, waves.ky)).numpy()
    # k . (S r) = (S^T k) . r
    in_camera = np.einsum("ji,jyx->iyx", to_sample, in_sample)
    np.testing.assert_allclose((in_camera**2).sum(0), waves.k_squared.numpy(), atol=1e-12)


def test_many_conditions_in_one_call_are_those_of_single_calls():
    m = rough_film(batch=3)
    conditions = [(-2e6, 20.0, 0.0), (1e6, -10.0, 37.0), (-3e5, 30.0, 300.0)]
    defocus_nm, tilt_deg, axis_deg = zip(*conditions, strict=True)
    film = (CELL_NM, THICKNESS_NM, Microscope())
    together = lorentz_image(m, *film, defocus_nm, torch.tensor(tilt_deg), list(axis_deg))
    single = [lorentz_image(m[i : i + 1], *film, *conditions[i])[0] for i in range(3)]
    torch.testing.assert_close(together, torch.stack(single), rtol=0, atol=1e-6)
    # tilts came in single precision, 1e-7 of them is seen
    together = lorentz_image(m, *film, defocus_nm, tilt_deg, axis_deg)
    torch.testing.assert_close(together, torch.stack(single), rtol=0, atol=1e-12)
    shared = transfer_function((24, 32), CELL_NM, Microscope(), -2e6, 20.0, m)
    assert shared.shape == (24, 32), "computed once where nothing differs"


def test_numbers_must_be_one_or_as_many_as_the_images():
    with pytest.raises(ValueError, match="3 images"):
        per_image([1.0, 2.0], torch.zeros(3, 8, 8))
    with pytest.raises(ValueError, match="3 images"):
        lorentz_image(rough_film(batch=3), CELL_NM, THICKNESS_NM, Microscope(), -2e6, [[1.0]] * 3)
