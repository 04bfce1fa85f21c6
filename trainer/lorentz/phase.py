"""Magnetic phase shift of a thin film at any tilt, in radians.

A film with magnetisation M(x, y), uniform through its thickness t, is seen by electrons along p.
In Coulomb gauge A(K) = i mu0 K x M(K) / K^2, and the line integral of A along p keeps the plane
K . p = 0 of Fourier space:

    phi(K) = -i (e mu0 / hbar) M(K) . (p x K) / K^2.

Axes: x along the columns, y along the rows (downwards), z with the beam. A positive tilt theta
about x raises the lower rows towards the electron source, so that in the film's axes
p = (0, -sin theta, cos theta) and K = (kx, ky, ky tan theta); with cores along -z and D > 0 this is
the sense of the authors' published images. Written over the film's own coordinates (the image
stretched back by 1 / cos theta across the tilt axis), M(K) becomes
M(kx, ky) (t / cos theta) sinc(ky t tan(theta) / 2), and K^2 = kx^2 + ky^2 / cos^2 theta. Untilted,
this is the published kernel (Mansuripur, J. Appl. Phys. 69, 2455, 1991); here thickness and
foreshortening are exact at every tilt.

A uniformly magnetised film gives the phase gradient (e / hbar) B t.
"""

from __future__ import annotations

import math

import torch

from ..micromagnetics.material import MU0
from .microscope import ELEMENTARY_CHARGE_C, PLANCK_J_S

# e mu0 / hbar, for M in A/m and lengths in nm: rad per (A/m) per nm^2
_PREFACTOR = 2 * math.pi * ELEMENTARY_CHARGE_C * MU0 / PLANCK_J_S * 1e-18


def wave_numbers(
    shape: tuple[int, int], pixel_size_nm: float, like: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return angular wave numbers kx (nx // 2 + 1,) and ky (ny, 1) in 1/nm, of a real transform."""
    ny, nx = shape
    kx = 2 * math.pi * torch.fft.rfftfreq(nx, pixel_size_nm, dtype=torch.float64)
    ky = 2 * math.pi * torch.fft.fftfreq(ny, pixel_size_nm, dtype=torch.float64)[:, None]
    return kx.to(like), ky.to(like)


def magnetic_phase(
    magnetisation: torch.Tensor,
    cell_size_nm: float,
    thickness_nm: float,
    tilt_deg: float,
) -> torch.Tensor:
    """Return the magnetic phase shift over the film's coordinates.

    Parameters
    ----------
    magnetisation
        M = Ms m in A/m, shape (batch, 3, ny, nx), components x (columns), y (rows), z; periodic.
    tilt_deg
        Rotation of the sample about the x axis (the columns' direction).

    Returns
    -------
    Phase in radians, shape (batch, ny, nx), in the sample's geometry: rows are not foreshortened.
    """
    ny, nx = magnetisation.shape[-2:]
    kx, ky = wave_numbers((ny, nx), cell_size_nm, magnetisation)
    tilt = math.radians(tilt_deg)
    cos, sin = math.cos(tilt), math.sin(tilt)
    k_squared = kx**2 + (ky / cos) ** 2
    # torch.sinc(x) is sin(pi x) / (pi x)
    thickness = thickness_nm / cos * torch.sinc(ky * thickness_nm * math.tan(tilt) / (2 * math.pi))
    factor = _PREFACTOR * thickness / k_squared.clamp(min=1e-30)
    factor[0, 0] = 0.0  # a uniform phase is not seen
    mx, my, mz = torch.fft.rfft2(magnetisation).unbind(dim=1)
    triple = my * (kx * cos) - mx * (ky / cos) + mz * (kx * sin)
    return torch.fft.irfft2(-1j * factor * triple, s=(ny, nx))
