"""Known answers that phase and image are held against, and the published kernel beside them.

For the tests and the proof page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from ..micromagnetics.material import MU0
from .beam import projected_waves
from .dipole_sum import beam_vector
from .microscope import ELEMENTARY_CHARGE_C, PLANCK_J_S, Microscope
from .phase import magnetic_phase

_E_OVER_HBAR = 2 * math.pi * ELEMENTARY_CHARGE_C / PLANCK_J_S
_PER_SQUARE_NM = 1e-18  # of the SI's 1/m^2


def uniform_film_gradient(induction_t: float, thickness_nm: float) -> float:
    """Return the phase gradient (e / hbar) B t of a uniformly magnetised film in rad/nm."""
    return _E_OVER_HBAR * induction_t * thickness_nm * _PER_SQUARE_NM


@dataclass(frozen=True)
class BlochLattice:
    """A triangular lattice of Bloch vortices, the sum of three transverse waves.

        M = Ms sum_i (z x G_i / G_i) sin(G_i . r),   |z| < t / 2.

    M has no divergence, so B = mu0 M inside the film and 0 outside, with
    A = z (mu0 Ms / G) sum_i cos(G_i . r) inside. The integral of A along a tilted beam p is
    elementary. The grid's sides stand as 26 to 15, nearly sqrt(3) to 1.

    Attributes
    ----------
    saturation_magnetisation
        Ms of a wave in A/m.
    refinement
        The grid has 26 and 15 times as many rows and columns; even.
    """

    saturation_magnetisation: float
    thickness_nm: float
    pixel_size_nm: float
    refinement: int

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return 26 * self.refinement, 15 * self.refinement

    @property
    def wave_vectors(self) -> np.ndarray:
        """G_i in 1/nm, shape (3, 2), components x, y."""
        ny, nx = self.shape
        orders = np.array([(1, 1), (1, -1), (0, 2)])
        return 2 * math.pi * orders / (np.array([nx, ny]) * self.pixel_size_nm)

    def _angles(self) -> np.ndarray:
        """G_i . r, shape (3, ny, nx)."""
        y, x = np.indices(self.shape) * self.pixel_size_nm
        return np.stack([gx * x + gy * y for gx, gy in self.wave_vectors])

    def magnetisation(self) -> torch.Tensor:
        """Return M in A/m, shape (1, 3, ny, nx), float64."""
        g = self.wave_vectors
        along = g / np.linalg.norm(g, axis=1, keepdims=True)
        waves = self.saturation_magnetisation * np.sin(self._angles())
        mx = np.einsum("i,iyx->yx", -along[:, 1], waves)
        my = np.einsum("i,iyx->yx", along[:, 0], waves)
        return torch.from_numpy(np.stack([mx, my, np.zeros_like(mx)]))[None]

    def _phase_amplitudes(self, beam: np.ndarray) -> np.ndarray:
        """Return the factors of cos(G_i . r) in the phase, shape (3,)."""
        g = self.wave_vectors
        sizes = np.linalg.norm(g, axis=1)
        # numpy's sinc(x) is sin(pi x) / (pi x)
        along_path = np.sinc(g @ beam[:2] / beam[2] * self.thickness_nm / (2 * math.pi))
        induction = MU0 * self.saturation_magnetisation
        return -_E_OVER_HBAR * induction * self.thickness_nm / sizes * along_path * _PER_SQUARE_NM

    def phase(self, tilt_deg: float, tilt_axis_deg: float) -> np.ndarray:
        """Return the phase -(e / hbar) int A . p ds in radians, shape (ny, nx)."""
        amplitudes = self._phase_amplitudes(beam_vector(tilt_deg, tilt_axis_deg))
        return np.einsum("i,iyx->yx", amplitudes, np.cos(self._angles()))

    def weak_phase_image(
        self, microscope: Microscope, defocus_nm: float, tilt_deg: float, tilt_axis_deg: float
    ) -> np.ndarray:
        """Return I = 1 + 2 sum_i phi_i E(q_i) sin chi(q_i) cos(G_i . r), shape (ny, nx).

        q_i is the frequency that the camera sees, chi and E as in `transfer_function`.
        """
        g, beam = self.wave_vectors, beam_vector(tilt_deg, tilt_axis_deg)
        q = np.sqrt((g**2).sum(axis=1) + (g @ beam[:2] / beam[2]) ** 2) / (2 * math.pi)
        wavelength, cs = microscope.wavelength_nm, microscope.spherical_aberration_nm
        delta, theta = microscope.defocus_spread_nm, microscope.beam_convergence_rad
        chi = math.pi * (wavelength * defocus_nm * q**2 + cs * wavelength**3 * q**4 / 2)
        u = 1 + 2 * (math.pi * theta * delta * q) ** 2
        slope = cs * wavelength**3 * q**3 + defocus_nm * wavelength * q
        exponent = (math.pi * wavelength * delta) ** 2 * q**4 / 2
        exponent = exponent + (math.pi * theta / wavelength * slope) ** 2
        contrast = 2 * self._phase_amplitudes(beam) * np.exp(-exponent / u) * np.sin(chi)
        return 1 + np.einsum("i,iyx->yx", contrast, np.cos(self._angles()))


def pylorentz_phase(
    magnetisation: torch.Tensor,
    cell_size_nm: float,
    thickness_nm: float,
    tilt_deg: float,
    tilt_axis_deg: float = 0.0,
) -> torch.Tensor:
    """Return the phase of PyLorentz's Mansuripur kernel, but with the prefactor of `phase`.

    In Mansuripur's kernel a wave K is weakened by sinc(t |k| tan(theta) sin(phi) / 2), k its
    projection and phi its angle to the tilt axis. PyLorentz has sinc(pi tan(theta) sin(phi)): as
    if |k| were 2 pi / t in every wave.

    Parameters and shapes as in `magnetic_phase`; one tilt for all.
    """
    # a film without thickness but with all the moment: its sinc is 1
    thin = magnetic_phase(
        magnetisation * (thickness_nm * 1e6), cell_size_nm, 1e-6, tilt_deg, tilt_axis_deg
    )
    shape = (thin.shape[-2], thin.shape[-1])
    waves = projected_waves(shape, cell_size_nm, tilt_deg, tilt_axis_deg, thin, half_spectrum=True)
    projection = torch.hypot(*torch.broadcast_tensors(waves.kx, waves.ky)).clamp(min=1e-30)
    weakening = torch.sinc(waves.kz / projection).to(thin)
    return torch.fft.irfft2(torch.fft.rfft2(thin) * weakening, s=shape)
