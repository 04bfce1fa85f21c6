"""The imaging condition an engine was made for, and how far a frame is from it."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ENGINE_NAME = r"^[a-z0-9][a-z0-9._-]*$"


def is_engine_name(name: str) -> bool:
    """Say whether an engine may be called `name`."""
    return re.match(ENGINE_NAME, name) is not None


class Range(BaseModel):
    """A closed interval of one quantity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: float
    high: float


class Envelope(BaseModel):
    """What the training set covered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    voltage_kv: Range
    defocus_nm: Range
    tilt_deg: Range
    pixel_size_nm: Range
    noise_percent: Range = Field(description="Gaussian sigma over mean intensity")
    blur_nm: Range = Field(
        default=Range(low=0, high=20), description="standard deviation, of the sample's geometry"
    )


class ImagingCondition(BaseModel):
    """`condition.json` of an engine bundle.

    The engine sees images in *engine geometry*: tilt axis along +x (columns), `pixel_size_nm` per
    pixel in both directions of the sample plane (foreshortening stretched back), `size_multiple`
    dividing both sides. Its input is float32 (batch, 1, height, width), normalised as
    `normalisation` says; its output float32 (batch, 2, height, width), probabilities in the order
    of `outputs`. It may be told defocus, tilt and blur and be given the image
    deconvolved by them, and may give sizes besides, see `NetworkOutput`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format_version: Literal[1] = 1
    name: str = Field(pattern=ENGINE_NAME)
    description: str
    voltage_kv: float = Field(gt=0)
    defocus_nm: float = Field(description="negative is underfocus")
    tilt_deg: float = Field(ge=0, lt=90)
    pixel_size_nm: float = Field(gt=0)
    spherical_aberration_nm: float
    beam_convergence_rad: float
    defocus_spread_nm: float
    envelope: Envelope
    outputs: tuple[Literal["mask"], Literal["core"]] = ("mask", "core")
    mask_definition: str = Field(description="label rule of the mask, e.g. 'triangle threshold'")
    core_definition: str = "Mz < 0"
    normalisation: Literal["mean-and-std"] = Field(
        default="mean-and-std",
        description="(image - mean) / standard deviation, both robust against outliers",
    )
    size_multiple: int = Field(default=32, gt=0)
    size_block: int | None = Field(
        default=None, gt=0, description="pixels a value of `log_diameter`; None: it does not size"
    )
    is_given_deconvolved: bool = Field(
        default=False, description="beside the image, see `inference.deconvolution`"
    )
    seam_margin: int = Field(default=64, ge=0, description="receptive field's half width in pixels")
