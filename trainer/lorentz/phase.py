"""Magnetic phase shift of a thin film at any tilt, in radians.

A film with magnetisation M(x, y), uniform through its thickness t, is seen by electrons along p.
In Coulomb gauge A(K) = i mu0 K x M(K) / K^2, and the line integral of A along p keeps the plane
K . p = 0 of Fourier space:

    phi(K) = -i (e mu0 / hbar) M(K) . (p x K) / K^2.

`beam` gives p and K. Written over the film's own coordinates (the image stretched back by
1 / cos theta across the tilt axis), M(K) becomes M(kx, ky) (t / pz) sinc(kz t / 2). Untilted, this
is the published kernel (Mansuripur, J. Appl. Phys. 69, 2455, 1991); here thickness and
foreshortening are exact at every tilt.

A uniformly magnetised film gives the phase gradient (e / hbar) B t.
"""

from __future__ import annotations

import math

import torch

from ..micromagnetics.material import MU0
from .beam import PerImage, projected_waves
from .microscope import ELEMENTARY_CHARGE_C, PLANCK_J_S

# e mu0 / hbar, for M in A/m and lengths in nm: rad per (A/m) per nm^2
PHASE_PREFACTOR = 2 * math.pi * ELEMENTARY_CHARGE_C * MU0 / PLANCK_J_S * 1e-18


def magnetic_phase(
    magnetisation: torch.Tensor,
    cell_size_nm: float,
    thickness_nm: float,
    tilt_deg: PerImage,
    tilt_axis_deg: PerImage = 0.0,
) -> torch.Tensor:
    """Return the magnetic phase shift over the film's coordinates.

    Parameters
    ----------
    magnetisation
        M = Ms m in A/m, shape (batch, 3, ny, nx), components x (columns), y (rows), z; periodic.
    tilt_deg, tilt_axis_deg
        Rotation of the sample about an axis in its plane, and that axis's direction from +x towards
        +y; one number, or one for each image.

    Returns
    -------
    Phase in radians, shape (batch, ny, nx), in the sample's geometry: nothing is foreshortened.
    """
    ny, nx = magnetisation.shape[-2:]
    waves = projected_waves(
        (ny, nx), cell_size_nm, tilt_deg, tilt_axis_deg, magnetisation, half_spectrum=True
    ).to(magnetisation)
    kx, ky, kz, (px, py, pz) = waves
    # torch.sinc(x) is sin(pi x) / (pi x)
    thickness = thickness_nm / pz * torch.sinc(kz * thickness_nm / (2 * math.pi))
    factor = PHASE_PREFACTOR * thickness / waves.k_squared.clamp(min=1e-30)
    factor[..., 0, 0] = 0.0  # a uniform phase is not seen
    # A wave at the Nyquist frequency runs both ways at once; this kernel is odd in K.
    if ny % 2 == 0:
        factor[..., ny // 2, :] = 0.0
    if nx % 2 == 0:
        factor[..., nx // 2] = 0.0
    mx, my, mz = torch.fft.rfft2(magnetisation).unbind(dim=1)
    spectrum = mx * (factor * (py * kz - pz * ky))
    spectrum += my * (factor * (pz * kx - px * kz))
    spectrum += mz * (factor * (px * ky - py * kx))
    return torch.fft.irfft2(-1j * spectrum, s=(ny, nx))
