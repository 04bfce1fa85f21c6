"""Skyrmions of other sizes in the places of a film's own, so that spacing does not tell the size.

In relaxed films size and spacing go together, and a network that knows the spacing answers with
the usual size. The profile of a skyrmion of radius R and wall width w is close to
tan(theta / 2) = sinh(R / w) / sinh(r / w) (Wang, Yuan & Wang, Commun. Phys. 1, 31 (2018)); that
times a factor is the profile of the same wall with sinh(R' / w) = factor * sinh(R / w). Applied to
the whole of a film, tan(theta / 2) exp(i phi) being its stereographic projection, this keeps
directions in the plane, up, down and the film's irregularity, and changes the sizes alone.
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..dataset.film_recipe import PositiveInterval


class Resizing(BaseModel):
    """How often and how far the skyrmions of a training film are resized."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(default=0.0, ge=0, le=1, description="of the examples")
    factor: PositiveInterval = Field(
        default=(0.45, 2.2),
        description="on tan(theta / 2), drawn evenly on a logarithmic scale; 2 makes a skyrmion's "
        "radius larger by about 0.7 wall widths",
    )

    def draw(self, rng: np.random.Generator) -> float:
        """Return a factor; 1 for the examples that stay as they are."""
        if rng.uniform() >= self.share:
            return 1.0
        return math.exp(rng.uniform(*np.log(self.factor)))


def resized(m: np.ndarray, factor: float) -> np.ndarray:
    """Return the unit vectors m, shape (3, ny, nx), with tan(theta / 2) times `factor`.

    theta is the angle to +z. What points along +z or -z stays.
    """
    mx, my, mz = m
    up, across = (1 + mz) ** 2, factor**2 * (mx**2 + my**2)
    # where m is -z both vanish; the limit is -z
    whole = np.maximum(up + across, np.float32(1e-12))
    plane = 2 * factor * (1 + mz) / whole
    return np.stack(
        [mx * plane, my * plane, np.where(up + across > 1e-12, (up - across) / whole, -1)]
    )
