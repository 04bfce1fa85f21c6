"""Effective field and energy: exchange, interfacial DMI, Zeeman and demagnetisation.

The discretisation is that of the usual finite-difference codes (OOMMF, mumax3): every pair of
neighbouring cells i, j, j one cell from i in direction u, shares

    exchange   (A_ij / d^2) |m_i - m_j|^2
    DMI        (D_ij / d) (m_z,i m_u,j - m_u,i m_z,j)

per unit volume, with harmonic means A_ij and arithmetic means D_ij. The DMI term is that of
Bogdanov and Roessler, Phys. Rev. Lett. 87, 037203 (2001): D [m_z div m - (m . grad) m_z].
"""

from __future__ import annotations

import torch

from .demagnetisation import Demagnetisation
from .material import FilmBatch


def _next(values: torch.Tensor, axis: int) -> torch.Tensor:
    return torch.roll(values, -1, dims=axis)


class EffectiveField:
    """The field B_eff = -(1/Ms) dE/dm on every cell of a batch of films.

    Parameters
    ----------
    films
        Material and grid.
    applied_field_t
        Applied induction along +z in tesla: one number, or one a film, shape (batch,).
    """

    def __init__(self, films: FilmBatch, applied_field_t: float | torch.Tensor) -> None:
        self.films = films
        like = films.saturation_magnetisation
        self.applied_field_t = torch.as_tensor(applied_field_t, dtype=like.dtype).to(like.device)
        self._zeeman = (self.applied_field_t.reshape(-1, 1, 1) * torch.ones_like(like)).contiguous()
        self._demagnetisation = Demagnetisation(films)
        self._ms = like[:, None]
        cell_m = films.cell_size_nm * 1e-9
        a, d, grain = films.exchange_stiffness, films.interfacial_dmi, films.grain
        self._links = []
        for axis in (2, 1):  # along x, then along y
            a_next, d_next = _next(a, axis), _next(d, axis)
            pair_a = 2 * a * a_next / (a + a_next)
            pair_a = torch.where(
                grain == _next(grain, axis), pair_a, films.intergrain_exchange * pair_a
            )
            exchange = 2 * pair_a / cell_m**2
            dmi = 0.5 * (d + d_next) / cell_m
            # a link acts on both of its cells: forward here, backward on the next cell; each over
            # the Ms of the cell it acts on, so that a sum of products is a field in tesla
            self._links.append(
                (
                    (exchange / like)[:, None],
                    (torch.roll(exchange, 1, dims=axis) / like)[:, None],
                    dmi / like,
                    torch.roll(dmi, 1, dims=axis) / like,
                )
            )

    @property
    def stiffness_t(self) -> float:
        """Largest exchange coupling between two cells, in tesla."""
        return max(float(link[0].max()) for link in self._links)

    def select(self, films: torch.Tensor) -> EffectiveField:
        """Return the field of some of the films, given as an index or boolean tensor."""
        field = self.applied_field_t
        return EffectiveField(self.films.select(films), field[films] if field.ndim else field)

    def interaction(self, m: torch.Tensor) -> torch.Tensor:
        """Return the part of B_eff in tesla that is linear in `m`, shape as `m`.

        The exchange part leaves out its component along m_i, which exerts no torque; `energy`
        accounts for it.
        """
        field = self._demagnetisation.field(self._ms * m)
        padded = torch.nn.functional.pad(m, (1, 1, 1, 1), mode="circular")
        for component, neighbours, link in (
            (0, (padded[..., 1:-1, 2:], padded[..., 1:-1, :-2]), self._links[0]),
            (1, (padded[..., 2:, 1:-1], padded[..., :-2, 1:-1]), self._links[1]),
        ):
            after, before = neighbours
            exchange_after, exchange_before, dmi_after, dmi_before = link
            field.addcmul_(exchange_after, after)
            field.addcmul_(exchange_before, before)
            along, out_of_plane = field[:, component], field[:, 2]
            along.addcmul_(dmi_after, after[:, 2])
            along.addcmul_(dmi_before, before[:, 2], value=-1)
            out_of_plane.addcmul_(dmi_after, after[:, component], value=-1)
            out_of_plane.addcmul_(dmi_before, before[:, component])
        return field

    def field(self, m: torch.Tensor) -> torch.Tensor:
        """Return B_eff in tesla for unit vectors `m` of shape (batch, 3, ny, nx)."""
        field = self.interaction(m)
        field[:, 2] += self._zeeman
        return field

    def energy(self, m: torch.Tensor) -> torch.Tensor:
        """Return the energy of each film in joule, shape (batch,).

        Zero of exchange is the uniform state; the sum runs in float64.
        """
        cell_m = self.films.cell_size_nm * 1e-9
        volume = cell_m**2 * self.films.thickness_nm * 1e-9
        ms = self._ms
        # every pair and every Fourier component is counted twice in m . B
        pairs = -0.5 * (ms * m * self.interaction(m)).sum(dim=1)
        zeeman = -(ms[:, 0] * m[:, 2] * self._zeeman)
        offset = sum(
            (ms * (forward + backward)).squeeze(1) * 0.5 for forward, backward, _, _ in self._links
        )
        return (pairs + zeeman + offset).double().sum(dim=(1, 2)) * volume
