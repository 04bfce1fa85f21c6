"""Magnetic material of a batch of thin films, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import torch

MU0 = 4e-7 * torch.pi
"""Vacuum permeability in T m/A."""


@dataclass(frozen=True)
class FilmBatch:
    """Material and geometry of `batch` films that share one grid, periodic in the plane.

    Attributes
    ----------
    saturation_magnetisation
        Ms in A/m, shape (batch, ny, nx).
    exchange_stiffness
        A in J/m, shape (batch, ny, nx).
    interfacial_dmi
        D in J/m2, shape (batch, ny, nx).
    grain
        Integer grain number of each cell, shape (batch, ny, nx).
    intergrain_exchange
        Factor on the exchange between cells of different grains.
    cell_size_nm, thickness_nm
        Square cell's side, film thickness.
    """

    saturation_magnetisation: torch.Tensor
    exchange_stiffness: torch.Tensor
    interfacial_dmi: torch.Tensor
    grain: torch.Tensor
    intergrain_exchange: float
    cell_size_nm: float
    thickness_nm: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """(batch, ny, nx)."""
        batch, ny, nx = self.saturation_magnetisation.shape
        return batch, ny, nx

    def select(self, films: torch.Tensor) -> FilmBatch:
        """Return the films that the index or boolean tensor `films` names."""
        return FilmBatch(
            self.saturation_magnetisation[films],
            self.exchange_stiffness[films],
            self.interfacial_dmi[films],
            self.grain[films],
            self.intergrain_exchange,
            self.cell_size_nm,
            self.thickness_nm,
        )

    def coarsened(self, factor: int = 2) -> FilmBatch:
        """Return the same films on a grid coarser by `factor`.

        Ms, A and D are averaged over the merged cells; a merged cell belongs to the grain of its
        first cell.
        """

        def mean(values: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.avg_pool2d(values[:, None], factor)[:, 0]

        return FilmBatch(
            mean(self.saturation_magnetisation),
            mean(self.exchange_stiffness),
            mean(self.interfacial_dmi),
            self.grain[:, ::factor, ::factor],
            self.intergrain_exchange,
            self.cell_size_nm * factor,
            self.thickness_nm,
        )

    def to(self, device: torch.device | str, dtype: torch.dtype = torch.float32) -> FilmBatch:
        """Return the films on another device or in another precision."""
        return FilmBatch(
            self.saturation_magnetisation.to(device, dtype),
            self.exchange_stiffness.to(device, dtype),
            self.interfacial_dmi.to(device, dtype),
            self.grain.to(device),
            self.intergrain_exchange,
            self.cell_size_nm,
            self.thickness_nm,
        )
