"""What a Lorentz microscope makes of a weak phase: the transfer of each wave."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from scipy import constants


class Lens(Protocol):
    """What the transfer depends on beside defocus; engines' conditions and microscopes have it."""

    @property
    def voltage_kv(self) -> float:
        """Acceleration voltage."""
        ...

    @property
    def spherical_aberration_nm(self) -> float:
        """Cs."""
        ...

    @property
    def beam_convergence_rad(self) -> float:
        """Half angle of the beam."""
        ...

    @property
    def defocus_spread_nm(self) -> float:
        """Standard deviation of the defocus."""
        ...


def weak_phase_transfer(q2: np.ndarray, lens: Lens, defocus_nm: float) -> np.ndarray:
    """Return sin(chi) times the envelope, chi and envelope as the trainer's transfer function.

    De Graef, *Introduction to Conventional TEM* (2003), chapter 7.

    Parameters
    ----------
    q2
        Squared wave numbers in 1/nm^2, as the camera sees them.
    defocus_nm
        Negative is underfocus.
    """
    wavelength = electron_wavelength_nm(lens.voltage_kv)
    cs, spread, angle = (
        lens.spherical_aberration_nm,
        lens.defocus_spread_nm,
        lens.beam_convergence_rad,
    )
    chi = np.pi * wavelength * (defocus_nm + 0.5 * cs * wavelength**2 * q2) * q2
    u = 1 + 2 * (np.pi * angle * spread) ** 2 * q2
    slope_squared = (cs * wavelength**2 * q2 + defocus_nm) ** 2 * q2
    damping = (np.pi * wavelength * spread * q2) ** 2 / 2 + (np.pi * angle) ** 2 * slope_squared
    return np.sin(chi) * np.exp(-damping / u)


def electron_wavelength_nm(voltage_kv: float) -> float:
    """Return the relativistic wavelength of electrons in nm, 0.002508 at 200 kV."""
    energy = constants.e * voltage_kv * 1e3
    rest = constants.m_e * constants.c**2
    return constants.h * constants.c / math.sqrt(energy * (energy + 2 * rest)) * 1e9
