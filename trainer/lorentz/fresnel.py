"""Fresnel (out-of-focus) Lorentz image of a phase object."""

from __future__ import annotations

import math

import torch

from .microscope import Microscope
from .phase import magnetic_phase


def transfer_function(
    shape: tuple[int, int],
    pixel_size_nm: float,
    microscope: Microscope,
    defocus_nm: float,
    tilt_deg: float,
    like: torch.Tensor,
) -> torch.Tensor:
    """Return the complex transfer function of the microscope, shape (ny, nx).

    Frequencies are those of the camera: with the sample's rows stretched back by 1 / cos(tilt), a
    period along them is seen shorter by cos(tilt). Envelopes as in De Graef, *Introduction to
    Conventional TEM* (2003), chapter 7; the aberration so that underfocus (df < 0) counteracts a
    positive Cs and shows a plane upstream of the sample (Kirkland, *Advanced Computing in Electron
    Microscopy*, 2010, eq. 2.12, where underfocus has the other sign):

        chi = pi lambda df q^2 + pi/2 Cs lambda^3 q^4,   T = E exp(-i chi)
        u = 1 + 2 (pi theta_c delta)^2 q^2
        ln E = -[(pi lambda delta)^2 q^4 / 2
                 + (pi theta_c / lambda)^2 (Cs lambda^3 q^3 + df lambda q)^2] / u
    """
    ny, nx = shape
    # in float64: chi reaches thousands of radians at the edge of the spectrum
    qx = torch.fft.fftfreq(nx, pixel_size_nm, dtype=torch.float64)
    qy = torch.fft.fftfreq(ny, pixel_size_nm, dtype=torch.float64)[:, None]
    q2 = qx**2 + (qy / math.cos(math.radians(tilt_deg))) ** 2
    q = torch.sqrt(q2)
    wavelength = microscope.wavelength_nm
    cs, delta = microscope.spherical_aberration_nm, microscope.defocus_spread_nm
    theta_c = microscope.beam_convergence_rad
    chi = math.pi * wavelength * defocus_nm * q2 + 0.5 * math.pi * cs * wavelength**3 * q2**2
    u = 1 + 2 * (math.pi * theta_c * delta) ** 2 * q2
    spread = 0.5 * (math.pi * wavelength * delta) ** 2 * q2**2
    slope = cs * wavelength**3 * q2 * q + defocus_nm * wavelength * q
    envelope = torch.exp(-(spread + (math.pi * theta_c / wavelength) ** 2 * slope**2) / u)
    # only now may the precision drop: the phase is taken modulo a turn first
    turns = torch.remainder(-chi, 2 * math.pi)
    return torch.polar(envelope.to(like), turns.to(like))


def fresnel_image(
    phase: torch.Tensor,
    pixel_size_nm: float,
    microscope: Microscope,
    defocus_nm: float,
    tilt_deg: float,
) -> torch.Tensor:
    """Return the intensity of a pure phase object, mean 1.

    Parameters
    ----------
    phase
        Radians, shape (batch, ny, nx), in the sample's geometry.
    defocus_nm
        Negative is underfocus.

    Returns
    -------
    Intensity relative to the incident beam, shape (batch, ny, nx), in the sample's geometry.
    """
    transfer = transfer_function(
        (phase.shape[-2], phase.shape[-1]), pixel_size_nm, microscope, defocus_nm, tilt_deg, phase
    )
    wave = torch.polar(torch.ones_like(phase), phase)
    seen = torch.fft.ifft2(torch.fft.fft2(wave) * transfer)
    return seen.real**2 + seen.imag**2


def lorentz_image(
    magnetisation: torch.Tensor,
    cell_size_nm: float,
    thickness_nm: float,
    microscope: Microscope,
    defocus_nm: float,
    tilt_deg: float,
) -> torch.Tensor:
    """Return the Lorentz image of a film with M in A/m, shape (batch, 3, ny, nx)."""
    phase = magnetic_phase(magnetisation, cell_size_nm, thickness_nm, tilt_deg)
    return fresnel_image(phase, cell_size_nm, microscope, defocus_nm, tilt_deg)
