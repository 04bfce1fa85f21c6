"""Magnetic material of a batch of thin films, cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch

MU0 = 4e-7 * torch.pi
"""Vacuum permeability in T m/A."""


@dataclass(frozen=True)
class FilmBatch:
    """Material and geometry of `batch` films that share one grid, one cell thick.

    Attributes
    ----------
    saturation_magnetisation
        Ms in A/m, shape (batch, ny, nx); 0 where there is no material.
    exchange_stiffness
        A in J/m, shape (batch, ny, nx).
    cell_size_nm, thickness_nm
        Square cell's side, film thickness.
    interfacial_dmi, bulk_dmi, d2d_dmi
        D in J/m2, shape (batch, ny, nx); None is none. Their textures are Neel skyrmions, Bloch
        skyrmions and antiskyrmions.
    uniaxial_anisotropy
        Ku in J/m3, shape (batch, ny, nx); positive favours the axis.
    anisotropy_axis
        Unit vectors, shape (batch, 3, ny, nx); None is z.
    grain
        Integer grain number of each cell, shape (batch, ny, nx); None is a single grain.
    intergrain_exchange
        Factor on the exchange between cells of different grains.
    periodic
        Whether the film repeats in the plane for ever, or ends at free edges.
    """

    saturation_magnetisation: torch.Tensor
    exchange_stiffness: torch.Tensor
    cell_size_nm: float
    thickness_nm: float
    interfacial_dmi: torch.Tensor | None = None
    bulk_dmi: torch.Tensor | None = None
    d2d_dmi: torch.Tensor | None = None
    uniaxial_anisotropy: torch.Tensor | None = None
    anisotropy_axis: torch.Tensor | None = None
    grain: torch.Tensor | None = None
    intergrain_exchange: float = 1.0
    periodic: bool = True

    @property
    def shape(self) -> tuple[int, int, int]:
        """(batch, ny, nx)."""
        batch, ny, nx = self.saturation_magnetisation.shape
        return batch, ny, nx

    @property
    def cell_volume_m3(self) -> float:
        """Volume of a cell in m3."""
        return self.cell_size_nm**2 * self.thickness_nm * 1e-27

    def _with_maps(self, change: Callable[[torch.Tensor], torch.Tensor]) -> FilmBatch:
        maps = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(
            self, **{n: change(m) for n, m in maps.items() if isinstance(m, torch.Tensor)}
        )

    def select(self, films: torch.Tensor) -> FilmBatch:
        """Return the films that the index or boolean tensor `films` names."""
        return self._with_maps(lambda values: values[films])

    def to(self, device: torch.device | str, dtype: torch.dtype = torch.float32) -> FilmBatch:
        """Return the films on another device or in another precision."""
        return self._with_maps(
            lambda values: values.to(device, dtype if values.is_floating_point() else None)
        )
