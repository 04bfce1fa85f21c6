"""The way of a sweep through field and temperature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field


class Leg(BaseModel):
    """A straight way from where the sweep is to another field, temperature or both.

    A quantity that is not given stays as it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: int = Field(ge=1, description="frames on the way, the last one at its end")
    field_t: float | None = Field(default=None, description="at the end, along z")
    temperature_k: float | None = Field(default=None, ge=0, description="at the end")


class Condition(NamedTuple):
    """Applied field along z and temperature of one frame; the latter None where nobody cares."""

    field_t: float
    temperature_k: float | None


def conditions(start: Condition, legs: Sequence[Leg]) -> list[Condition]:
    """Return the condition of every frame: the start's, then those of each leg in even steps.

    Raises
    ------
    ValueError
        If a leg leads to a temperature and the start has none.
    """
    frames = [start]
    for leg in legs:
        here = frames[-1]
        if leg.temperature_k is not None and here.temperature_k is None:
            raise ValueError("a leg that changes the temperature needs one to start from")
        field_t = here.field_t if leg.field_t is None else leg.field_t
        fields_t = np.linspace(here.field_t, field_t, leg.frames + 1)[1:].tolist()
        temperatures_k: list[float | None] = [here.temperature_k] * leg.frames
        if here.temperature_k is not None and leg.temperature_k is not None:
            way = np.linspace(here.temperature_k, leg.temperature_k, leg.frames + 1)
            temperatures_k = way[1:].tolist()
        frames += map(Condition, fields_t, temperatures_k)
    return frames
