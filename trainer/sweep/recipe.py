"""What a sweep is made of: a film, its way through field and temperature, and a camera."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ..dataset.film_recipe import FilmRecipe
from ..dataset.recipe_files import load_preset
from ..micromagnetics.relaxation import RelaxationPlan
from .imaging import Imaging
from .schedule import Condition, Leg, conditions
from .temperature_laws import TemperatureLaws


class Pinning(BaseModel):
    """What pins skyrmions beside the grains' Ms, exchange and easy axes, which the film has.

    Half widths of what differs from grain to grain, relative.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dmi_spread: float = Field(default=0.0, ge=0, lt=1)
    anisotropy_spread: float = Field(default=0.0, ge=0, lt=1, description="of Ku")


class Agitation(BaseModel):
    """Thermal agitation, `micromagnetics.thermal`, at each frame's temperature.

    It helps a film over small barriers before it relaxes; a frame shows the relaxed state, as an
    exposure shows the mean of very many agitated ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    duration_ps: float = Field(gt=0)
    damping: float = Field(default=0.3, gt=0, description="high, so that it acts soon")


class SweepRecipe(BaseModel):
    """One film and where it goes.

    Attributes
    ----------
    film
        What the film is drawn from, with `seed`: the name of a preset, a table of its own, or a
        table that names a `preset` and what differs from it. Where it says in what field films
        relax, the sweep's own schedule counts.
    field_t, temperature_k
        The first frame's; the film relaxes there by `first_relaxation`, from its start state.
    legs
        The way on.
    agitation
        Of every frame but the first, before it relaxes.
    temperature_laws
        How the film changes with temperature; without them a temperature is only written down.
    relaxation
        Of every frame but the first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    seed: int = Field(default=0, ge=0)
    film: FilmRecipe
    pinning: Pinning = Pinning()
    agitation: Agitation | None = None
    field_t: float
    temperature_k: float | None = Field(default=None, ge=0)
    legs: tuple[Leg, ...] = ()
    temperature_laws: TemperatureLaws | None = None
    first_relaxation: RelaxationPlan = RelaxationPlan()
    relaxation: RelaxationPlan = RelaxationPlan(steps_before=50, max_steps=1000, settled_nm=0.2)
    imaging: Imaging = Imaging()

    @field_validator("film", mode="before")
    @classmethod
    def _from_preset(cls, film: Any) -> Any:
        if isinstance(film, str):
            film = {"preset": film}
        if not isinstance(film, dict) or "preset" not in film:
            return film
        changes = {name: value for name, value in film.items() if name != "preset"}
        return load_preset(film["preset"]).model_dump() | changes

    @model_validator(mode="after")
    def _is_possible_throughout(self) -> SweepRecipe:
        laws = self.temperature_laws
        if self.agitation is not None and self.temperature_k is None:
            raise ValueError("agitation needs a temperature to start from")
        for condition in self.conditions():
            if laws is None:
                continue
            if condition.temperature_k is None:
                raise ValueError("temperature laws need a temperature to start from")
            if condition.temperature_k >= laws.curie_temperature_k:
                raise ValueError(
                    f"at {condition.temperature_k:g} K the film is above its Curie temperature, "
                    f"{laws.curie_temperature_k:g} K, and not magnetic"
                )
        return self

    def conditions(self) -> list[Condition]:
        """Return field and temperature of every frame."""
        return conditions(Condition(self.field_t, self.temperature_k), self.legs)
