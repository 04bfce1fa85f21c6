"""Exchange and Dzyaloshinskii-Moriya interaction between neighbouring cells.

The discretisation is that of the usual finite-difference codes (OOMMF, mumax3): a pair of cells
i, j with j one cell from i in direction u shares, per unit volume,

    exchange   (A_ij / d^2) |m_i - m_j|^2
    DMI        (1 / d) V_u . (m_i x m_j)

with the harmonic mean A_ij and the arithmetic mean of D. The vectors V_u are

    interfacial   D z x u      of D [m_z div m - (m . grad) m_z]     (Neel skyrmions)
    bulk          -D u         of D m . curl m                       (Bloch skyrmions)
    D2d           -D x, +D y   of D m . (x x dm/dx - y x dm/dy)      (antiskyrmions)

(Bogdanov and Roessler, Phys. Rev. Lett. 87, 037203, 2001; Camosi et al., Phys. Rev. B 97, 134404,
2018).

At a free edge there is no neighbour and no energy. The minimum of the sum then meets the boundary
condition 2 A dm/dn = ... of the continuum (Rohart and Thiaville, Phys. Rev. B 88, 184422, 2013)
without it being imposed.
"""

from __future__ import annotations

import torch

from .material import FilmBatch

#: The energy of a link is sign D (m_z,i m_o,j - m_o,i m_z,j) / d: (o, sign) along x, along y.
_DMI = {
    "interfacial": ((0, 1), (1, 1)),
    "bulk": ((1, 1), (0, -1)),
    "d2d": ((1, 1), (0, 1)),
}


class NeighbourLinks:
    """The links of every cell to the next one along one axis.

    Parameters
    ----------
    films
        Material and grid.
    direction
        0 for links along x (columns), 1 along y (rows).
    """

    def __init__(self, films: FilmBatch, direction: int) -> None:
        self._dim = 2 - direction  # of maps (batch, ny, nx)
        ms, a = films.saturation_magnetisation, films.exchange_stiffness
        cell_m = films.cell_size_nm * 1e-9

        linked = (ms > 0) & (self._next(ms) > 0)
        if not films.periodic:
            linked.select(self._dim, -1).fill_(False)
        pair_a = 2 * a * self._next(a) / (a + self._next(a))
        pair_a = torch.where(linked, pair_a, torch.zeros_like(a))
        if films.grain is not None:
            same = films.grain == self._next(films.grain)
            pair_a = torch.where(same, pair_a, films.intergrain_exchange * pair_a)
        self._exchange = pair_a / cell_m**2
        self._dmi: dict[str, tuple[int, torch.Tensor]] = {}
        for kind, (component, sign) in ((kind, axes[direction]) for kind, axes in _DMI.items()):
            d = getattr(films, f"{kind}_dmi")
            if d is not None:
                pair_d = torch.where(linked, 0.5 * sign * (d + self._next(d)), torch.zeros_like(d))
                self._dmi[kind] = component, pair_d / cell_m

        # a link acts on both of its cells, over the Ms of each: forwards here, backwards there
        per_ms = torch.where(ms > 0, 1 / ms, torch.zeros_like(ms))

        def both_ways(link: torch.Tensor, back: int) -> tuple[torch.Tensor, torch.Tensor]:
            return link * per_ms, back * torch.roll(link, 1, dims=self._dim) * per_ms

        self._exchange_t = [each[:, None] for each in both_ways(2 * self._exchange, 1)]
        by_component: dict[int, torch.Tensor] = {}
        for component, link in self._dmi.values():
            by_component[component] = by_component.get(component, 0) + link
        self._dmi_t = [(each, *both_ways(link, -1)) for each, link in by_component.items()]

    def _next(self, values: torch.Tensor) -> torch.Tensor:
        return torch.roll(values, -1, dims=self._dim)

    @property
    def stiffness_t(self) -> torch.Tensor:
        """Largest exchange coupling between two cells of each film in tesla, shape (batch,)."""
        return self._exchange_t[0].amax(dim=(1, 2, 3))

    def add_field(self, field: torch.Tensor, after: torch.Tensor, before: torch.Tensor) -> None:
        """Add to `field` in tesla what the next and the previous cells exert.

        The exchange leaves out its component along m, which turns nothing. All of shape
        (batch, 3, ny, nx).
        """
        exchange_after, exchange_before = self._exchange_t
        field.addcmul_(exchange_after, after)
        field.addcmul_(exchange_before, before)
        out_of_plane = field[:, 2]
        for component, link_after, link_before in self._dmi_t:
            along = field[:, component]
            along.addcmul_(link_after, after[:, 2])
            along.addcmul_(link_before, before[:, 2])
            out_of_plane.addcmul_(link_after, after[:, component], value=-1)
            out_of_plane.addcmul_(link_before, before[:, component], value=-1)

    def energies(self, m: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the energy of every link in J/m3, each (batch, ny, nx), by the term's name."""
        after = torch.roll(m, -1, dims=self._dim + 1)
        energies = {"exchange": self._exchange * ((m - after) ** 2).sum(dim=1)}
        for kind, (component, link) in self._dmi.items():
            twist = m[:, 2] * after[:, component] - m[:, component] * after[:, 2]
            energies[f"{kind}_dmi"] = link * twist
        return energies
