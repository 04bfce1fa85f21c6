"""The effective field as minus the gradient of the energy, term by term, by autograd."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.material import FilmBatch

from .evidence import Evidence, Verdict, table

SHAPE = (1, 24, 32)
APPLIED_T = (0.1, -0.2, 0.4)
LIMIT = 1e-6
#: The map of a film that each term takes.
MAPS = {
    "exchange": "exchange_stiffness",
    "interfacial DMI": "interfacial_dmi",
    "bulk DMI": "bulk_dmi",
    "D2d DMI": "d2d_dmi",
    "anisotropy": "uniaxial_anisotropy",
    "Zeeman": None,
    "demagnetisation": None,
    "all together": None,
}


def prove(pictures: Path) -> Evidence:
    """Differentiate every term on a film whose parameters differ from cell to cell."""
    errors = {
        term: [relative_error(term, is_periodic) for is_periodic in (True, False)] for term in MAPS
    }
    rows = [(term, *(f"{each:.1e}" for each in both)) for term, both in errors.items()]
    worst = max(max(both) for both in errors.values())
    return Evidence(
        {"gradient": table(("term", "periodic", "open"), rows)},
        [Verdict("field against minus the gradient of the energy, worst term", worst, LIMIT)],
    )


def film(is_periodic: bool) -> tuple[FilmBatch, torch.Tensor]:
    """Return a film with every term, grains and a hole, and random spins on it, in float64."""
    rng = np.random.default_rng(0)

    def per_cell(mean: float) -> torch.Tensor:
        return torch.tensor(mean * rng.uniform(0.8, 1.2, SHAPE))

    def directions() -> torch.Tensor:
        vectors = torch.tensor(rng.standard_normal((1, 3, *SHAPE[1:])))
        return vectors / vectors.norm(dim=1, keepdim=True)

    ms = per_cell(2e5)
    ms[:, 5:9, 12:20] = 0
    films = FilmBatch(
        ms,
        per_cell(1.5e-11),
        cell_size_nm=3.0,
        thickness_nm=27.5,
        interfacial_dmi=per_cell(1.2e-3),
        bulk_dmi=per_cell(0.7e-3),
        d2d_dmi=per_cell(0.4e-3),
        uniaxial_anisotropy=per_cell(2e5),
        anisotropy_axis=directions(),
        grain=torch.tensor(rng.integers(0, 3, SHAPE)),
        intergrain_exchange=0.9,
        periodic=is_periodic,
    )
    return films, directions() * (ms > 0)[:, None]


def relative_error(term: str, is_periodic: bool) -> float:
    """Return |B + (1 / Ms V) dE/dm| / |B| with one term, or all; of both the part across m."""
    films, m = film(is_periodic)
    everything = term == "all together"
    if not everything:
        off: dict[str, torch.Tensor | None] = {
            each: None for name, each in MAPS.items() if each and name != term
        }
        if "exchange_stiffness" in off:  # the harmonic mean of no exchange at all has no value
            off["exchange_stiffness"] = torch.full(SHAPE, 1e-40, dtype=torch.float64)
        films = replace(films, **off)
    applied = torch.tensor([APPLIED_T], dtype=torch.float64)
    if not everything and term != "Zeeman":
        applied = torch.zeros_like(applied)
    field = EffectiveField(films, applied, everything or term == "demagnetisation")

    m.requires_grad_()
    (gradient,) = torch.autograd.grad(field.energy(m).sum(), m)
    ms = films.saturation_magnetisation[:, None]
    from_energy = torch.where(ms > 0, -gradient / (ms * films.cell_volume_m3), 0.0)
    m = m.detach()

    def across(vectors: torch.Tensor) -> torch.Tensor:
        return vectors - (vectors * m).sum(dim=1, keepdim=True) * m

    expected = across(from_energy)
    return float((across(field.field(m)) - expected).norm() / expected.norm())
