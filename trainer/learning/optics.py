"""The imaging conditions that an engine is trained for."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...inference.told import optics
from ..dataset.film_recipe import Interval, PositiveInterval
from ..lorentz.microscope import Microscope


class Optics(BaseModel):
    """A nominal condition, and the ranges around it that training images are drawn from.

    A frame's metadata are never exact, so what the network is told about a training image is off by
    a random error of the standard deviations `told_...`: it then weighs what it is told against
    what it sees.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    microscope: Microscope = Microscope()
    defocus_nm: float = Field(description="negative is underfocus")
    tilt_deg: float = Field(ge=0, lt=80)
    defocus_range_nm: Interval
    tilt_range_deg: Interval
    phase_scale: PositiveInterval = Field(
        default=(1.0, 1.0),
        description="the magnetic phase over that of the film, drawn evenly on a logarithmic "
        "scale: thickness and magnetisation of a sample are hardly known",
    )
    told_defocus_error: float = Field(default=0.05, ge=0, lt=1, description="relative")
    told_tilt_error_deg: float = Field(default=1.0, ge=0)
    told_blur_error: float = Field(default=0.1, ge=0, lt=1, description="relative")
    told_blur_share: float = Field(
        default=0.7, ge=0, le=1, description="of the images; of the others nobody knows the blur"
    )
    told_sharp_share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="of the images that nothing has blurred, told so; told_blur_share where it is "
        "not given: who has processed nothing knows it",
    )

    @model_validator(mode="after")
    def _possible(self) -> Optics:
        low, high = self.defocus_range_nm
        if low <= 0 <= high:
            raise ValueError("in focus a magnetic film shows nothing; give another defocus")
        if not (low <= self.defocus_nm <= high):
            raise ValueError("defocus_nm is outside defocus_range_nm")
        if not (0 <= self.tilt_range_deg[0] <= self.tilt_deg <= self.tilt_range_deg[1] < 80):
            raise ValueError("tilt_deg is outside tilt_range_deg, or that outside 0 to 80")
        return self

    @classmethod
    def around(
        cls, defocus_nm: float, tilt_deg: float, microscope: Microscope | None = None
    ) -> Optics:
        """Return a condition with the tolerance of a usual experiment: 10 % and 3 degrees."""
        ends = 0.9 * defocus_nm, 1.1 * defocus_nm
        return cls(
            microscope=microscope or Microscope(),
            defocus_nm=defocus_nm,
            tilt_deg=tilt_deg,
            defocus_range_nm=(min(ends), max(ends)),
            tilt_range_deg=(max(0.0, tilt_deg - 3), tilt_deg + 3),
        )

    def at_defocus(self, factor: float) -> Optics:
        """Return the same at so many times the defocus."""
        low, high = sorted(factor * edge for edge in self.defocus_range_nm)
        return self.model_copy(
            update={"defocus_nm": factor * self.defocus_nm, "defocus_range_nm": (low, high)}
        )

    def told_within(self, defocus_error: float) -> Optics:
        """Return the same, the defocus told with another error, relative."""
        return self.model_copy(update={"told_defocus_error": defocus_error})

    def draw(self, rng: np.random.Generator) -> tuple[float, float]:
        """Return a true defocus in nm and a true tilt in degrees."""
        return rng.uniform(*self.defocus_range_nm), rng.uniform(*self.tilt_range_deg)

    def tell(
        self, defocus_nm: float, tilt_deg: float, blur_nm: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Return what a network is told of the true values, as `inference.told.optics` puts it."""
        off = rng.standard_normal(3)
        share = self.told_blur_share
        if blur_nm == 0 and self.told_sharp_share is not None:
            share = self.told_sharp_share
        is_known = rng.uniform() < share
        return optics(
            defocus_nm * (1 + self.told_defocus_error * off[0]),
            tilt_deg + self.told_tilt_error_deg * off[1],
            max(0.0, blur_nm * (1 + self.told_blur_error * off[2])) if is_known else None,
        )
