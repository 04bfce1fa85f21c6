"""Bent films: how often a training image has a dark band across it, and what the band is like."""

from __future__ import annotations

import math

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from ..dataset.film_grid import FilmGrid
from ..dataset.film_recipe import Interval, PositiveInterval
from ..lorentz.bend_contour import BendContour, bend_contour


class Bending(BaseModel):
    """The share of the images with a band, and ranges that the band is drawn from.

    A multilayer of small grains shows none; a crystal does, however well it is mounted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(default=0.0, ge=0, le=1, description="of the images")
    left_in_the_middle: PositiveInterval = Field(
        default=(0.5, 0.99), description="of the beam; what is lost is drawn on a logarithmic scale"
    )
    half_width_nm: PositiveInterval = Field(
        default=(50.0, 400.0), description="to where s xi = 1, drawn on a logarithmic scale"
    )
    waviness_nm: Interval = Field(default=(0.0, 60.0), description="of its course")

    def draw(
        self, grid: FilmGrid, shape: tuple[int, int], rng: np.random.Generator
    ) -> BendContour | None:
        """Return a band across a film of `shape` on such a grid, a batch of one, or none."""
        # without a choice nothing is drawn: such recipes give the same images as ever
        if self.share == 0 or rng.uniform() >= self.share:
            return None
        most, least = (math.log(1 - left) for left in self.left_in_the_middle)
        left = 1 - math.exp(rng.uniform(least, most))
        half_width_nm = math.exp(rng.uniform(*np.log(self.half_width_nm)))
        waviness_nm = rng.uniform(*self.waviness_nm)
        grid = grid.model_copy(update={"shape": shape})
        return band(grid, left, half_width_nm, waviness_nm, int(rng.integers(2**31)))


def band(
    grid: FilmGrid, left: float, half_width_nm: float, waviness_nm: float, seed: int
) -> BendContour:
    """Return the band of a film so thick that a share `left` of the beam is left in its middle.

    Parameters
    ----------
    half_width_nm, waviness_nm
        See `bend_contour`.
    seed
        Of its place and course.
    """
    # in the middle |psi_0|^2 = cos^2(pi t / xi)
    extinction_distance_nm = grid.thickness_nm * math.pi / math.acos(math.sqrt(left))
    return bend_contour(
        grid.shape,
        grid.cell_size_nm,
        grid.thickness_nm,
        extinction_distance_nm,
        half_width_nm,
        waviness_nm,
        [seed],
        torch.zeros(()),
    )
