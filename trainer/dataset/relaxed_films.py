"""From drawn films to relaxed ones, and into the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..micromagnetics.material import FilmBatch
from ..micromagnetics.relaxation import relax_film
from .film_draw import FilmDraw
from .film_recipe import FilmRecipe
from .film_set import SimulatedFilms
from .film_statistics import film_statistics
from .film_store import FilmStore


def film_batch(draws: list[FilmDraw], recipe: FilmRecipe) -> FilmBatch:
    """Return the drawn films as one batch, in float64; terms that no film can have are left out."""

    def maps(values: list[np.ndarray]) -> torch.Tensor:
        return torch.tensor(np.stack(values))

    def constant(name: str) -> torch.Tensor:
        shape = recipe.grid.shape
        return maps([np.full(shape, getattr(draw, name)) for draw in draws])

    def term(name: str) -> torch.Tensor | None:
        return constant(name) if getattr(recipe, name) != (0.0, 0.0) else None

    axes = [draw.anisotropy_axis for draw in draws if draw.anisotropy_axis is not None]
    return FilmBatch(
        maps([draw.saturation_magnetisation for draw in draws]),
        constant("exchange_stiffness"),
        cell_size_nm=recipe.cell_size_nm,
        thickness_nm=recipe.thickness_nm,
        interfacial_dmi=term("interfacial_dmi"),
        bulk_dmi=term("bulk_dmi"),
        d2d_dmi=term("d2d_dmi"),
        uniaxial_anisotropy=term("uniaxial_anisotropy"),
        anisotropy_axis=maps(axes) if axes else None,
        grain=maps([draw.grain for draw in draws]),
        intergrain_exchange=recipe.intergrain_exchange,
        periodic=recipe.grid.periodic,
    )


@dataclass(frozen=True)
class RelaxedDraw:
    """One relaxed film: `m` float32 unit vectors (3, ny, nx)."""

    m: np.ndarray
    steps: int
    is_settled: bool
    energy_j: float


def relax_draws(
    draws: list[FilmDraw], films_of_set: SimulatedFilms, device: str
) -> list[RelaxedDraw]:
    """Relax some films at once."""
    films = film_batch(draws, films_of_set.recipe).to(device)
    field_t = torch.tensor([draw.applied_field_t for draw in draws])
    # a field against the beam takes the start states as it finds them, turned round
    starts = [draw.start if draw.applied_field_t >= 0 else -draw.start for draw in draws]
    start = torch.tensor(np.stack(starts)).to(device)
    relaxed = relax_film(films, field_t, start, films_of_set.plan)
    each = zip(
        relaxed.m.cpu().numpy(),
        relaxed.steps.tolist(),
        relaxed.is_settled.tolist(),
        relaxed.energy_j.tolist(),
        strict=True,
    )
    return [RelaxedDraw(*film) for film in each]


def store_film(
    store: FilmStore, index: int, draw: FilmDraw, relaxed: RelaxedDraw
) -> dict[str, Any]:
    """Write the arrays of a film and return its record for the register."""
    ms, m = draw.saturation_magnetisation, relaxed.m
    # labels take the background along +z; without a field, or in one along -z, it may not be
    is_reversed = bool((ms * m[2]).sum() < 0)
    m = -m if is_reversed else m
    store.write_arrays(index, m, ms)
    return {
        "index": index,
        "reversed": is_reversed,
        "start": draw.start_kind,
        "mean_ms": float(ms.mean()),
        "exchange_stiffness": draw.exchange_stiffness,
        "interfacial_dmi": draw.interfacial_dmi,
        "bulk_dmi": draw.bulk_dmi,
        "d2d_dmi": draw.d2d_dmi,
        "uniaxial_anisotropy": draw.uniaxial_anisotropy,
        "applied_field_t": -draw.applied_field_t if is_reversed else draw.applied_field_t,
        "grains": int(draw.grain.max()) + 1,
        "steps": relaxed.steps,
        "settled": relaxed.is_settled,
        "energy_j": relaxed.energy_j,
        **film_statistics(m[2], store.grid.cell_size_nm, store.grid.periodic),
    }
