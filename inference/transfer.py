"""What a Lorentz microscope makes of a weak phase: the transfer of each wave."""

from __future__ import annotations

import math
from typing import Any, Protocol

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


def aberrations(q2: Any, lens: Lens, defocus_nm: Any) -> tuple[Any, Any]:
    """Return chi, in radians, and -ln E, the damping of the envelope, of each wave.

    Envelopes as in De Graef, *Introduction to Conventional TEM* (2003), chapter 7; the aberration
    so that underfocus (df < 0) counteracts a positive Cs and shows a plane upstream of the sample
    (Kirkland, *Advanced Computing in Electron Microscopy*, 2010, eq. 2.12, where underfocus has the
    other sign):

        chi = pi lambda df q^2 + pi/2 Cs lambda^3 q^4
        u = 1 + 2 (pi theta_c delta)^2 q^2
        ln E = -[(pi lambda delta)^2 q^4 / 2
                 + (pi theta_c / lambda)^2 (Cs lambda^3 q^3 + df lambda q)^2] / u

    Parameters
    ----------
    q2
        Squared wave numbers in 1/nm^2, as the camera sees them: an array of numpy's or torch's.
    defocus_nm
        A number, or an array of the same kind. Negative is underfocus.
    """
    wavelength = electron_wavelength_nm(lens.voltage_kv)
    cs, spread, angle = (
        lens.spherical_aberration_nm,
        lens.defocus_spread_nm,
        lens.beam_convergence_rad,
    )
    chi = math.pi * wavelength * (defocus_nm + 0.5 * cs * wavelength**2 * q2) * q2
    u = 1 + 2 * (math.pi * angle * spread) ** 2 * q2
    slope_squared = (cs * wavelength**2 * q2 + defocus_nm) ** 2 * q2
    damping = (math.pi * wavelength * spread * q2) ** 2 / 2
    return chi, (damping + (math.pi * angle) ** 2 * slope_squared) / u


def weak_phase_transfer(q2: np.ndarray, lens: Lens, defocus_nm: float) -> np.ndarray:
    """Return sin(chi) times the envelope; parameters as of `aberrations`."""
    chi, damping = aberrations(q2, lens, defocus_nm)
    return np.sin(chi) * np.exp(-damping)


def tilted_response(
    qx: np.ndarray, qy: np.ndarray, lens: Lens, defocus_nm: float, tilt_deg: float
) -> np.ndarray:
    """Return what a wave of -Mz becomes in the image, over a factor: i qx / q^2 sin(chi) E.

    Under a tilt about x the perpendicular moment has the phase ~ -i kx Mz(k) / k^2 (Mansuripur, J.
    Appl. Phys. 69, 2455, 1991). The factor is positive: a skyrmion's core, down in a field up, is a
    peak of what the inverse makes of an image.

    Parameters
    ----------
    qx, qy
        In 1/nm in the sample, shapes (columns,) and (rows, 1); qy is foreshortened here.

    Returns
    -------
    Complex (rows, columns); 0 at q = 0.
    """
    seen = qx**2 + (qy / math.cos(math.radians(tilt_deg))) ** 2
    wave = np.zeros_like(seen)
    np.divide(np.broadcast_to(qx, seen.shape), seen, out=wave, where=seen > 0)
    return 1j * wave * weak_phase_transfer(seen, lens, defocus_nm)


def gaussian_band(q2: np.ndarray, finest_nm: float, widest_nm: float) -> np.ndarray:
    """Return a filter that passes what is coarser than one Gaussian and finer than another.

    Their standard deviations are given; `q2` are squared wave numbers in 1/nm^2.
    """
    band = np.exp(-2 * (math.pi * finest_nm) ** 2 * q2)
    return band * (1 - np.exp(-2 * (math.pi * widest_nm) ** 2 * q2))


def electron_wavelength_nm(voltage_kv: float) -> float:
    """Return the relativistic wavelength of electrons in nm, 0.002508 at 200 kV."""
    energy = constants.e * voltage_kv * 1e3
    rest = constants.m_e * constants.c**2
    return constants.h * constants.c / math.sqrt(energy * (energy + 2 * rest)) * 1e9
