"""A field sweep: one film followed from state to state as the applied field changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ..micromagnetics.effective_field import EffectiveField
from ..micromagnetics.grains import voronoi_grains
from ..micromagnetics.material import FilmBatch
from ..micromagnetics.minimise import Descent
from ..micromagnetics.start_states import placed_skyrmions, spread_points


@dataclass(frozen=True)
class SweepRecipe:
    """One film and the fields it goes through.

    `fields_t` are the applied fields in tesla, in order; `steps_first` and `steps_each` the descent
    steps at the first field and at each of the others.
    """

    shape: tuple[int, int]
    fields_t: np.ndarray
    seed: int = 0
    cell_size_nm: float = 3.0
    thickness_nm: float = 27.5
    mean_ms: float = 2.2e5
    grain_spread: float = 0.15
    grain_size_nm: float = 300.0
    intergrain_exchange: float = 0.9
    exchange_stiffness: float = 1.3e-11
    interfacial_dmi: float = 1.15e-3
    density_per_um2: float = 90.0
    steps_first: int = 800
    steps_each: int = 150


def sweep_film(recipe: SweepRecipe) -> tuple[FilmBatch, torch.Tensor]:
    """Return the film of a sweep and the lattice it starts from, (1, 3, ny, nx)."""
    rng = np.random.default_rng(recipe.seed)
    cell = recipe.cell_size_nm
    grain = voronoi_grains(recipe.shape, cell, recipe.grain_size_nm, rng)
    factor = rng.uniform(1 - recipe.grain_spread, 1 + recipe.grain_spread, grain.max() + 1)
    ms = torch.tensor(recipe.mean_ms * factor[grain], dtype=torch.float32)[None]
    films = FilmBatch(
        ms,
        torch.full_like(ms, recipe.exchange_stiffness),
        torch.full_like(ms, recipe.interfacial_dmi),
        torch.tensor(grain)[None],
        recipe.intergrain_exchange,
        cell,
        recipe.thickness_nm,
    )
    area_um2 = np.prod(recipe.shape) * (cell * 1e-3) ** 2
    count = round(recipe.density_per_um2 * area_um2)
    centres = spread_points(count, recipe.shape, rng, rounds=60)
    start = placed_skyrmions(recipe.shape, centres, 18.0 / cell, wall_width=12.0 / cell)
    return films, torch.tensor(start)[None]


def field_sweep(recipe: SweepRecipe) -> Iterator[tuple[float, torch.Tensor, torch.Tensor]]:
    """Yield, field by field, the field in tesla, m and Ms in A/m.

    `m` has shape (1, 3, ny, nx), Ms (1, ny, nx). Each state is the relaxation of the one before.
    """
    films, m = sweep_film(recipe)
    for number, field_t in enumerate(recipe.fields_t):
        descent = Descent(EffectiveField(films, float(field_t)), m)
        descent.advance(recipe.steps_each if number else recipe.steps_first)
        m = descent.m
        yield float(field_t), m, films.saturation_magnetisation
