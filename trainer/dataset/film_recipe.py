"""What a film of a training set is made of, and one film drawn from it.

The presets follow the training set of McCray et al., APL Mach. Learn. 2, 026120 (2024), as its
scripts really acted: they set no easy axis, so that the anisotropy which the text prints was never
in force, and the whole of the texture comes from exchange, DMI, dipoles and the applied field. The
text gives that field as 0.40 T; the authors' published pairs agree with the 0.49 T that a comment
in their script names (docs/decisions/0004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..micromagnetics.grains import voronoi_grains
from ..micromagnetics.start_states import placed_skyrmions, random_spins, spread_points

Interval = tuple[float, float]


class FilmRecipe(BaseModel):
    """Ranges that every film of a set is drawn from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cells: int = Field(default=256, ge=32, multiple_of=2, description="cells along x and along y")
    cell_size_nm: float = Field(default=3.0, gt=0)
    thickness_nm: float = Field(default=27.5, gt=0)
    applied_field_t: Interval
    saturation_magnetisation: Interval = Field(description="A/m, also the bounds of every grain")
    exchange_stiffness: Interval = Field(description="J/m")
    interfacial_dmi: Interval = Field(description="J/m2")
    grain_size_nm: float = 300.0
    grain_spread: Interval = Field(description="half width of Ms between grains, relative")
    uniform_share: float = Field(default=0.1, ge=0, le=1, description="films without grains")
    intergrain_exchange: float = 0.9
    placed_share: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="films that start from placed skyrmions, not random spins",
    )
    placed_density_per_um2: Interval = (10.0, 150.0)


_PAPER = FilmRecipe(
    name="paper",
    applied_field_t=(0.49, 0.49),
    saturation_magnetisation=(1.5e5, 3.0e5),
    exchange_stiffness=(1.1e-11, 1.9e-11),
    interfacial_dmi=(1.0e-3, 1.3e-3),
    grain_spread=(0.0, 0.25),
)


def _at_field(name: str, applied_field_t: Interval) -> FilmRecipe:
    return _PAPER.model_copy(update={"name": name, "applied_field_t": applied_field_t})


PRESETS = {
    "paper": _PAPER,
    "paper-text": _at_field("paper-text", (0.40, 0.40)),
    # the same material through a field sweep, to small skyrmions about to collapse
    "paper-swept": _at_field("paper-swept", (0.42, 0.65)),
}


@dataclass(frozen=True)
class FilmDraw:
    """One film before relaxation.

    `saturation_magnetisation` (ny, nx) in A/m and `grain` (ny, nx) are maps, `start` are unit
    vectors (3, ny, nx); the other quantities hold for the whole film.
    """

    saturation_magnetisation: np.ndarray
    grain: np.ndarray
    exchange_stiffness: float
    interfacial_dmi: float
    applied_field_t: float
    start: np.ndarray
    start_kind: str


def draw_film(recipe: FilmRecipe, seed: int, index: int) -> FilmDraw:
    """Draw film `index` of the set with this `seed`; the same two numbers give the same film."""
    rng = np.random.default_rng([seed, index])
    shape = (recipe.cells, recipe.cells)
    mean_ms = rng.uniform(*recipe.saturation_magnetisation)
    if rng.uniform() < recipe.uniform_share:
        grain = np.zeros(shape, dtype=np.int16)
        ms_of_grain = np.array([mean_ms])
    else:
        grain = voronoi_grains(shape, recipe.cell_size_nm, recipe.grain_size_nm, rng)
        spread = rng.uniform(*recipe.grain_spread)
        ms_of_grain = mean_ms * rng.uniform(1 - spread, 1 + spread, grain.max() + 1)
        ms_of_grain = ms_of_grain.clip(*recipe.saturation_magnetisation)

    placed = rng.uniform() < recipe.placed_share
    return FilmDraw(
        saturation_magnetisation=ms_of_grain[grain],
        grain=grain,
        exchange_stiffness=rng.uniform(*recipe.exchange_stiffness),
        interfacial_dmi=rng.uniform(*recipe.interfacial_dmi),
        applied_field_t=rng.uniform(*recipe.applied_field_t),
        start=_placed_start(recipe, rng) if placed else random_spins(shape, rng),
        start_kind="placed" if placed else "random",
    )


def _placed_start(recipe: FilmRecipe, rng: np.random.Generator) -> np.ndarray:
    """Return skyrmions at a random density, between disordered and nearly crystalline."""
    shape = (recipe.cells, recipe.cells)
    area_um2 = (recipe.cells * recipe.cell_size_nm * 1e-3) ** 2
    count = max(1, round(rng.uniform(*recipe.placed_density_per_um2) * area_um2))
    centres = spread_points(count, shape, rng, rounds=int(rng.integers(20, 120)))
    radius = 18.0 / recipe.cell_size_nm * rng.uniform(0.9, 1.1, count)
    return placed_skyrmions(shape, centres, radius, wall_width=12.0 / recipe.cell_size_nm)
