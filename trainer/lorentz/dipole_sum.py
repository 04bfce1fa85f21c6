"""The phase of point dipoles by direct superposition: what `phase` is held against.

Tests and the proof page use it; it shares nothing with the Fourier kernel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from ..micromagnetics.material import MU0
from .microscope import ELEMENTARY_CHARGE_C, PLANCK_J_S


def beam_vector(tilt_deg: float, tilt_axis_deg: float) -> np.ndarray:
    """Return the beam's direction in the film's frame, shape (3,).

    From z it turns by the tilt about the axis (Rodrigues' formula).
    """
    alpha, angle = math.radians(tilt_axis_deg), math.radians(tilt_deg)
    axis = np.array([math.cos(alpha), math.sin(alpha), 0.0])
    z = np.array([0.0, 0.0, 1.0])
    return z * math.cos(angle) + np.cross(axis, z) * math.sin(angle)


def dipole_phase(
    points_nm: np.ndarray, sources_nm: np.ndarray, moments: np.ndarray, beam: np.ndarray
) -> np.ndarray:
    """Return the sum over the dipoles of the line integrals of their vector potential.

    Along the beam p, rho perpendicular to it from dipole to ray, a dipole mu has the phase
    -(e mu0 / h) (mu x rho) . p / rho^2.

    Parameters
    ----------
    points_nm
        A point of each ray, shape (rays, 3).
    sources_nm, moments
        Shape (dipoles, 3); moments in (A/m) nm^3.
    beam
        Unit vector, shape (3,).

    Returns
    -------
    Radians, shape (rays,).
    """
    phase = np.zeros(len(points_nm))
    for source, moment in zip(sources_nm, moments, strict=True):
        r = points_nm - source
        rho = r - (r @ beam)[:, None] * beam
        phase -= (np.cross(moment, rho) @ beam) / (rho**2).sum(axis=-1)
    # lengths are in nm: 1e-18 of the SI's 1/m^2
    return phase * ELEMENTARY_CHARGE_C * MU0 / PLANCK_J_S * 1e-18


@dataclass(frozen=True)
class MagnetisedSpot:
    """A small spot in the middle of a film that is not magnetic elsewhere.

    It is a Gaussian of 1.5 cells, cut off at 7 cells: a single cell would ring when it is taken for
    a band-limited function.

    Attributes
    ----------
    magnetisation_a_per_m
        At the middle, components x, y, z.
    cells
        The film is cells x cells, the middle at cells // 2.
    """

    magnetisation_a_per_m: tuple[float, float, float]
    cells: int = 256
    cell_size_nm: float = 6.0
    thickness_nm: float = 30.0

    def profile(self) -> np.ndarray:
        """Return the spot, 1 at its middle, shape (cells, cells)."""
        offset = np.arange(self.cells) - self.cells // 2
        bell = np.exp(-(offset**2) / (2 * 1.5**2)) * (np.abs(offset) <= 7)
        return bell[:, None] * bell

    def magnetisation(self) -> torch.Tensor:
        """Return M in A/m, shape (1, 3, cells, cells), float64."""
        vector = np.array(self.magnetisation_a_per_m)
        return torch.from_numpy(vector[:, None, None] * self.profile())[None]

    def radius_nm(self) -> np.ndarray:
        """Return each cell's distance from the middle, shape (cells, cells)."""
        offset = (np.arange(self.cells) - self.cells // 2) * self.cell_size_nm
        return np.hypot(offset[:, None], offset)

    def phase(
        self, where: np.ndarray, tilt_deg: float, tilt_axis_deg: float, layers: int = 6
    ) -> np.ndarray:
        """Return the phase at the cells of the mask `where`, in the order of `where.nonzero()`.

        Each cell counts as `layers` dipoles through the thickness.
        """
        middle = self.cells // 2
        rays = (np.argwhere(where)[:, ::-1] - middle) * self.cell_size_nm
        profile = self.profile()
        cells = np.argwhere(profile > 0)
        heights = ((np.arange(layers) + 0.5) / layers - 0.5) * self.thickness_nm
        sources = np.concatenate(
            [
                np.column_stack(
                    [(cells[:, ::-1] - middle) * self.cell_size_nm, np.full(len(cells), height)]
                )
                for height in heights
            ]
        )
        volume = self.cell_size_nm**2 * self.thickness_nm / layers
        weights = np.tile(profile[profile > 0], layers) * volume
        moments = weights[:, None] * np.array(self.magnetisation_a_per_m)
        points = np.column_stack([rays, np.zeros(len(rays))])
        return dipole_phase(points, sources, moments, beam_vector(tilt_deg, tilt_axis_deg))
