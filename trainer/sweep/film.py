"""The film of a sweep, and what becomes of it at another temperature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ..dataset.film_draw import draw_film
from ..dataset.relaxed_films import film_batch
from ..micromagnetics.material import FilmBatch
from .recipe import SweepRecipe
from .schedule import Condition
from .seeds import seed_of
from .temperature_laws import MaterialFactors


def sweep_film(recipe: SweepRecipe, device: str) -> tuple[FilmBatch, torch.Tensor]:
    """Return the film of a sweep and the state it starts from, float32 (1, 3, ny, nx).

    In a field along -z all spins start turned round, which no term but the field's feels.
    """
    draw = draw_film(recipe.film, recipe.seed, 0)
    films = film_batch([draw], recipe.film)
    start = torch.as_tensor(draw.start, dtype=torch.float32)[None]
    start = -start if recipe.field_t < 0 else start
    return _pinned(films, recipe).to(device), start.to(device)


def _pinned(films: FilmBatch, recipe: SweepRecipe) -> FilmBatch:
    """Return films whose D and Ku differ from grain to grain."""
    if films.grain is None:
        return films
    rng = np.random.default_rng(seed_of(recipe.seed, 0, "pinning"))
    factors = []
    for spread in (recipe.pinning.dmi_spread, recipe.pinning.anisotropy_spread):
        of_grain = rng.uniform(1 - spread, 1 + spread, int(films.grain.max()) + 1)
        factors.append(torch.from_numpy(of_grain)[films.grain.long()])
    return replace(
        films,
        interfacial_dmi=_times(films.interfacial_dmi, factors[0]),
        bulk_dmi=_times(films.bulk_dmi, factors[0]),
        d2d_dmi=_times(films.d2d_dmi, factors[0]),
        uniaxial_anisotropy=_times(films.uniaxial_anisotropy, factors[1]),
    )


def _times(values: torch.Tensor | None, factor: float | torch.Tensor) -> torch.Tensor | None:
    return None if values is None else factor * values


def film_under(films: FilmBatch, recipe: SweepRecipe, condition: Condition) -> FilmBatch:
    """Return the film of a sweep at the temperature of one of its frames."""
    if recipe.temperature_laws is None or condition.temperature_k is None:
        return films
    return scaled(films, recipe.temperature_laws.factors(condition.temperature_k))


def scaled(films: FilmBatch, factors: MaterialFactors) -> FilmBatch:
    """Return films whose material is changed by `factors`."""
    return replace(
        films,
        saturation_magnetisation=factors.saturation_magnetisation * films.saturation_magnetisation,
        exchange_stiffness=factors.exchange_stiffness * films.exchange_stiffness,
        interfacial_dmi=_times(films.interfacial_dmi, factors.dmi),
        bulk_dmi=_times(films.bulk_dmi, factors.dmi),
        d2d_dmi=_times(films.d2d_dmi, factors.dmi),
        uniaxial_anisotropy=_times(films.uniaxial_anisotropy, factors.uniaxial_anisotropy),
    )
