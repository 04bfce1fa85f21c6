"""One film drawn from a recipe, before it is relaxed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..micromagnetics.grains import voronoi_grains
from ..micromagnetics.start_states import (
    placed_skyrmions,
    random_spins,
    spread_points,
    winding_stripes,
)
from .film_recipe import FilmRecipe


@dataclass(frozen=True)
class FilmDraw:
    """One film before relaxation.

    `saturation_magnetisation` (ny, nx) in A/m and `grain` (ny, nx) are maps, `anisotropy_axis`
    (3, ny, nx) and `start` (3, ny, nx) are unit vectors; the other quantities hold for the whole
    film. `anisotropy_axis` is None where it is z throughout.
    """

    saturation_magnetisation: np.ndarray
    grain: np.ndarray
    exchange_stiffness: float
    interfacial_dmi: float
    bulk_dmi: float
    d2d_dmi: float
    uniaxial_anisotropy: float
    anisotropy_axis: np.ndarray | None
    applied_field_t: float
    start: np.ndarray
    start_kind: str


def draw_film(recipe: FilmRecipe, seed: int, index: int) -> FilmDraw:
    """Draw film `index` of the set with this `seed`; the same two numbers give the same film."""
    rng = np.random.default_rng([seed, index])
    shape = recipe.grid.shape
    mean_ms = rng.uniform(*recipe.saturation_magnetisation)
    if rng.uniform() < recipe.uniform_share:
        grain = np.zeros(shape, dtype=np.int16)
        ms_of_grain = np.array([mean_ms])
    else:
        grain = voronoi_grains(shape, recipe.cell_size_nm, recipe.grain_size_nm, rng)
        spread = rng.uniform(*recipe.grain_spread)
        ms_of_grain = mean_ms * rng.uniform(1 - spread, 1 + spread, grain.max() + 1)
        ms_of_grain = ms_of_grain.clip(*recipe.saturation_magnetisation)
    exchange_stiffness = rng.uniform(*recipe.exchange_stiffness)
    dmi = {
        "interfacial_dmi": rng.uniform(*recipe.interfacial_dmi),
        "bulk_dmi": rng.uniform(*recipe.bulk_dmi),
        "d2d_dmi": rng.uniform(*recipe.d2d_dmi),
    }
    which = rng.uniform()
    start_kind, start_of_kind = "random", _random_start
    if which < recipe.placed_share:
        start_kind, start_of_kind = "placed", _placed_start
    elif which < recipe.placed_share + recipe.stripe_share:
        start_kind, start_of_kind = "stripes", _striped_start
    return FilmDraw(
        saturation_magnetisation=ms_of_grain[grain],
        grain=grain,
        exchange_stiffness=exchange_stiffness,
        **dmi,
        uniaxial_anisotropy=rng.uniform(*recipe.uniaxial_anisotropy),
        anisotropy_axis=_easy_axes(recipe, grain, rng),
        applied_field_t=rng.uniform(*recipe.applied_field_t),
        start=start_of_kind(recipe, dmi, rng),
        start_kind=start_kind,
    )


def _easy_axes(
    recipe: FilmRecipe, grain: np.ndarray, rng: np.random.Generator
) -> np.ndarray | None:
    """Return one easy axis a grain, scattered about z."""
    if recipe.anisotropy_axis_spread_deg == 0:
        return None
    spread = np.tan(np.radians(recipe.anisotropy_axis_spread_deg))
    axes = np.ones((3, grain.max() + 1))
    axes[:2] = rng.normal(0, spread, (2, grain.max() + 1))
    axes /= np.linalg.norm(axes, axis=0)
    return axes[:, grain]


def _random_start(
    recipe: FilmRecipe, dmi: dict[str, float], rng: np.random.Generator
) -> np.ndarray:
    return random_spins(recipe.grid.shape, rng)


def _placed_start(
    recipe: FilmRecipe, dmi: dict[str, float], rng: np.random.Generator
) -> np.ndarray:
    """Return skyrmions at a random density, between disordered and nearly crystalline.

    Their in-plane magnetisation turns as the sign of the DMI that makes the texture favours.
    """
    shape = recipe.grid.shape
    area_um2 = np.prod(shape) * (recipe.cell_size_nm * 1e-3) ** 2
    count = max(1, round(rng.uniform(*recipe.placed_density_per_um2) * area_um2))
    centres = spread_points(count, shape, rng, rounds=int(rng.integers(20, 120)))
    radius = rng.uniform(*recipe.placed_radius_nm, count) / recipe.cell_size_nm
    wall_width = recipe.placed_wall_width_nm / recipe.cell_size_nm
    return placed_skyrmions(
        shape, centres, radius, wall_width, recipe.texture, _chirality(recipe, dmi)
    )


def _striped_start(
    recipe: FilmRecipe, dmi: dict[str, float], rng: np.random.Generator
) -> np.ndarray:
    """Return stripes between nearly straight and a labyrinth, of the chirality of their DMI."""
    return winding_stripes(
        recipe.grid.shape,
        rng.uniform(*recipe.stripe_period_nm) / recipe.cell_size_nm,
        rng.uniform(0.1, 1.0),
        rng,
        recipe.texture,
        _chirality(recipe, dmi),
    )


def _chirality(recipe: FilmRecipe, dmi: dict[str, float]) -> int:
    d = dmi[{"neel": "interfacial_dmi", "bloch": "bulk_dmi"}.get(recipe.texture, "d2d_dmi")]
    return -1 if d < 0 else 1
