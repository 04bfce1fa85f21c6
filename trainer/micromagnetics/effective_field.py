"""Effective field and energy of a batch of films, the sum of all terms.

Exchange and DMI are in `neighbours`, the demagnetising field in `demagnetisation` (periodic) and
`open_demagnetisation`; uniaxial anisotropy, -Ku (m . u)^2, and Zeeman energy, -Ms m . B, are here.
"""

from __future__ import annotations

from typing import Protocol

import torch

from .demagnetisation import Demagnetisation
from .material import FilmBatch
from .neighbours import NeighbourLinks
from .open_demagnetisation import OpenDemagnetisation


class DemagnetisingField(Protocol):
    """What turns a magnetisation in A/m, (batch, 3, ny, nx), into its own field in tesla."""

    def field(self, magnetisation: torch.Tensor) -> torch.Tensor:
        """Return B = mu0 H, shape as `magnetisation`."""
        ...


class EffectiveField:
    """The field B_eff = -(1/Ms) dE/dm on every cell of a batch of films.

    Parameters
    ----------
    films
        Material and grid.
    applied_field_t
        Applied induction in tesla: along +z, one number or one a film, shape (batch,); or a vector
        each, shape (1 or batch, 3).
    demagnetisation
        Whether the films feel their own stray field. One that exists already for this grid may be
        handed over.
    """

    def __init__(
        self,
        films: FilmBatch,
        applied_field_t: float | torch.Tensor,
        demagnetisation: bool | DemagnetisingField = True,
    ) -> None:
        self.films = films
        self._ms = films.saturation_magnetisation[:, None]
        self.applied_field_t = _as_vectors(applied_field_t, self._ms)
        self._applied = self.applied_field_t[:, :, None, None]
        material = self._ms > 0
        self._vacuum = None if bool(material.all()) else ~material
        self._links = [NeighbourLinks(films, direction) for direction in (0, 1)]
        self._axis, self._anisotropy_t = films.anisotropy_axis, None
        if films.uniaxial_anisotropy is not None:
            ms = films.saturation_magnetisation
            twice = 2 * films.uniaxial_anisotropy
            self._anisotropy_t = torch.where(ms > 0, twice / ms, torch.zeros_like(ms))
        self._demagnetisation: DemagnetisingField | None = None
        if not isinstance(demagnetisation, bool):
            self._demagnetisation = demagnetisation
        elif demagnetisation and films.periodic:
            self._demagnetisation = Demagnetisation(films)
        elif demagnetisation:
            self._demagnetisation = OpenDemagnetisation(films)

    @property
    def stiffness_t(self) -> torch.Tensor:
        """Largest exchange coupling between two cells of each film in tesla, shape (batch,)."""
        return torch.maximum(*(links.stiffness_t for links in self._links))

    def select(self, films: torch.Tensor) -> EffectiveField:
        """Return the field of some of the films, given as an index or boolean tensor."""
        return EffectiveField(
            self.films.select(films),
            self.applied_field_t[films],
            self._demagnetisation if self._demagnetisation is not None else False,
        )

    def field(self, m: torch.Tensor) -> torch.Tensor:
        """Return B_eff in tesla for unit vectors `m` of shape (batch, 3, ny, nx).

        Zero where there is no material. Exchange leaves out its component along m, which exerts no
        torque.
        """
        if self._demagnetisation is None:
            field = torch.zeros_like(m)
        else:
            field = self._demagnetisation.field(self._ms * m)
        # around an open film there is no link, so that what stands beyond the edge does not matter
        padded = torch.nn.functional.pad(m, (1, 1, 1, 1), mode="circular")
        along_x, along_y = self._links
        along_x.add_field(field, padded[..., 1:-1, 2:], padded[..., 1:-1, :-2])
        along_y.add_field(field, padded[..., 2:, 1:-1], padded[..., :-2, 1:-1])
        if self._anisotropy_t is not None:
            if self._axis is None:
                field[:, 2].addcmul_(self._anisotropy_t, m[:, 2])
            else:
                along = self._anisotropy_t * (self._axis * m).sum(dim=1)
                field.addcmul_(along[:, None], self._axis)
        field.add_(self._applied)
        return field if self._vacuum is None else field.masked_fill_(self._vacuum, 0.0)

    def energies(self, m: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the energy of each term in joule, shape (batch,), by the term's name.

        Summed in float64. Exchange is zero in the uniform state, anisotropy where m lies along the
        axis; the Zeeman energy is zero at right angles to the field.
        """
        m = m.double()
        ms = self._ms.double()
        densities: dict[str, torch.Tensor] = {}
        for links in self._links:
            for name, density in links.energies(m).items():
                densities[name] = densities.get(name, 0) + density
        ku = self.films.uniaxial_anisotropy
        if ku is not None:
            along = m[:, 2] if self._axis is None else (self._axis * m).sum(dim=1)
            densities["anisotropy"] = ku * (1 - along**2) * (ms[:, 0] > 0)
        densities["zeeman"] = -(ms * m * self._applied).sum(dim=1)
        if self._demagnetisation is not None:
            own = self._demagnetisation.field((ms * m).to(self._ms.dtype))
            densities["demagnetisation"] = -0.5 * (ms * m * own).sum(dim=1)
        volume = self.films.cell_volume_m3
        return {
            name: density.double().sum(dim=(1, 2)) * volume for name, density in densities.items()
        }

    def energy(self, m: torch.Tensor) -> torch.Tensor:
        """Return the energy of each film in joule, shape (batch,)."""
        return torch.stack(list(self.energies(m).values())).sum(dim=0)


def _as_vectors(applied_field_t: float | torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return one field vector a film, shape (batch, 3)."""
    given = torch.as_tensor(applied_field_t, dtype=like.dtype, device=like.device)
    vectors = given
    if given.ndim < 2:
        vectors = torch.zeros(given.numel(), 3, dtype=like.dtype, device=like.device)
        vectors[:, 2] = given.reshape(-1)
    return vectors.expand(len(like), 3)
