"""What the films of a training set are made of: the ranges that every one of them is drawn from."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..micromagnetics.material import MU0
from .film_grid import FilmGrid


def _as_interval(given: Any) -> Any:
    return (given, given) if isinstance(given, int | float) else given


def _ordered(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] > interval[1]:
        raise ValueError(f"{list(interval)} runs from high to low")
    return interval


def _positive(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] <= 0:
        raise ValueError(f"{list(interval)} is not above zero")
    return interval


Interval = Annotated[tuple[float, float], BeforeValidator(_as_interval), AfterValidator(_ordered)]
"""Low and high; a single number stands for both."""

PositiveInterval = Annotated[Interval, AfterValidator(_positive)]


class FilmRecipe(BaseModel):
    """Ranges that every film of a set is drawn from, uniformly.

    The DMI terms have the signs of `micromagnetics.neighbours`; the field is along z, with the
    beam.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1)
    description: str = Field(default="", description="one line on what the films are like")

    cells: int = Field(default=256, ge=32, le=4096, multiple_of=2, description="along x and y")
    cell_size_nm: float = Field(default=3.0, gt=0)
    thickness_nm: float = Field(default=27.5, gt=0)
    boundary: Literal["periodic", "open"] = "periodic"

    applied_field_t: Interval
    saturation_magnetisation: PositiveInterval = Field(
        description="A/m, also the bounds of every grain"
    )
    exchange_stiffness: PositiveInterval = Field(description="J/m")
    interfacial_dmi: Interval = Field(default=(0.0, 0.0), description="J/m2, Neel textures")
    bulk_dmi: Interval = Field(default=(0.0, 0.0), description="J/m2, Bloch textures")
    d2d_dmi: Interval = Field(default=(0.0, 0.0), description="J/m2, antiskyrmions")
    uniaxial_anisotropy: Interval = Field(
        default=(0.0, 0.0), description="J/m3, positive for an easy axis"
    )
    anisotropy_axis_spread_deg: float = Field(
        default=0.0,
        ge=0,
        le=45,
        description="standard deviation, along x and along y, of a grain's axis from z",
    )

    grain_size_nm: float = Field(default=300.0, gt=0)
    grain_spread: Interval = Field(
        default=(0.0, 0.0), description="half width of Ms between grains, relative"
    )
    uniform_share: float = Field(default=0.1, ge=0, le=1, description="films without grains")
    intergrain_exchange: float = Field(default=0.9, ge=0, description="factor on A between grains")

    texture: Literal["neel", "bloch", "antiskyrmion"] = Field(
        default="neel", description="of the skyrmions that films start from"
    )
    placed_share: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="films that start from placed skyrmions, not random spins",
    )
    placed_density_per_um2: PositiveInterval = (10.0, 150.0)
    placed_radius_nm: PositiveInterval = Field(default=(16.2, 19.8), description="at Mz = 0")
    placed_wall_width_nm: float = Field(default=12.0, gt=0)
    stripe_share: float = Field(
        default=0.0, ge=0, le=1, description="films that start from stripes, of the same texture"
    )
    stripe_period_nm: PositiveInterval = (110.0, 170.0)

    @property
    def grid(self) -> FilmGrid:
        """The grid of its films."""
        return FilmGrid(
            shape=(self.cells, self.cells),
            cell_size_nm=self.cell_size_nm,
            thickness_nm=self.thickness_nm,
            periodic=self.boundary == "periodic",
        )

    @model_validator(mode="after")
    def _possible(self) -> FilmRecipe:
        low, high = self.grain_spread
        if low < 0 or high >= 1:
            raise ValueError(f"grain_spread {[low, high]} is not within 0 and 1")
        if self.placed_share + self.stripe_share > 1:
            raise ValueError("placed_share and stripe_share are more than 1 together")
        length_nm, name = shortest_length_nm(self)
        if self.cell_size_nm > length_nm:
            raise ValueError(
                f"cells of {self.cell_size_nm:g} nm are too coarse: with these parameters the "
                f"magnetisation turns within {length_nm:.3g} nm ({name})"
            )
        return self


def shortest_length_nm(recipe: FilmRecipe) -> tuple[float, str]:
    """Return the shortest length in nm on which magnetisation turns in such films, and its name.

    Exchange is weighed against the dipoles, sqrt(2 A / mu0 Ms^2), against anisotropy less the
    film's own field, sqrt(A / K), and against DMI, 2 A / |D|. Over such a length the magnetisation
    turns by about one radian; for a larger angle between two cells the energy of finite
    differences, 2 (1 - cos), is more than 8 % below that of the continuum, angle^2, and walls stick
    to the grid.
    """
    a = recipe.exchange_stiffness[0]
    ms_low, ms_high = recipe.saturation_magnetisation
    d = max(
        abs(end)
        for term in (recipe.interfacial_dmi, recipe.bulk_dmi, recipe.d2d_dmi)
        for end in term
    )
    k = recipe.uniaxial_anisotropy[1] - 0.5 * MU0 * ms_low**2
    lengths = [(math.sqrt(2 * a / (MU0 * ms_high**2)), "exchange length")]
    if k > 0:
        lengths.append((math.sqrt(a / k), "wall width"))
    if d > 0:
        lengths.append((2 * a / d, "turn of the DMI"))
    length, name = min(lengths)
    return length * 1e9, name
