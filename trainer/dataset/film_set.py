"""What a set of films is besides the films: their grid, their number, and where they come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..micromagnetics.relaxation import RelaxationPlan
from .film_grid import FilmGrid
from .film_recipe import FilmRecipe


class SimulatedFilms(BaseModel):
    """Films drawn from a recipe and relaxed: film `index` follows from recipe, plan and seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["simulated"] = "simulated"
    recipe: FilmRecipe
    plan: RelaxationPlan
    seed: int

    @property
    def title(self) -> str:
        """One line, for cards."""
        return f"`{self.recipe.name}`, seed {self.seed}"

    @property
    def details(self) -> str:
        """Everything that decides what the films are, for cards."""
        return (
            f"Recipe `{self.recipe.model_dump_json()}`, relaxation `{self.plan.model_dump_json()}`."
        )

    @property
    def texture(self) -> str:
        """What the films show, in a word or two."""
        return {"neel": "Neel skyrmions", "bloch": "Bloch skyrmions"}.get(
            self.recipe.texture, "antiskyrmions"
        )

    @property
    def mirror_symmetric(self) -> bool:
        """Whether the mirror image of a film could be a film of the set: see `examples.turned`."""
        return self.recipe.bulk_dmi == self.recipe.d2d_dmi == (0.0, 0.0)


class ImportedFilms(BaseModel):
    """Films that another program relaxed, from OVF files below `folder`; film `index` is a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["ovf"] = "ovf"
    folder: str
    files: tuple[str, ...] = Field(description="below the folder, in the order of the films")
    saturation_magnetisation: float | None = Field(
        default=None, description="A/m, of files that hold unit vectors"
    )

    @property
    def title(self) -> str:
        """One line, for cards."""
        return f"OVF files of `{self.folder}`"

    @property
    def details(self) -> str:
        """Everything that decides what the films are, for cards."""
        unit_vectors = (
            "M as in the files."
            if self.saturation_magnetisation is None
            else f"Ms = {self.saturation_magnetisation:g} A/m."
        )
        return f"{len(self.files)} files, `{self.files[0]}` to `{self.files[-1]}`; {unit_vectors}"

    @property
    def texture(self) -> str:
        """What the films show, in a word or two."""
        return "skyrmions"

    @property
    def mirror_symmetric(self) -> bool:
        """False, since nothing is known of their DMI."""
        return False


class FilmSet(BaseModel):
    """The content of `set.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = 2
    grid: FilmGrid
    capacity: int = Field(ge=1, description="films that the arrays have room for")
    provenance: Annotated[SimulatedFilms | ImportedFilms, Field(discriminator="kind")]
