"""A camera frame and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

ALLOWED_DTYPES = ("uint8", "uint16", "uint32", "int16", "int32", "float32", "float64")
MAX_SIDE = 16384


class FrameMetadata(BaseModel):
    """What the microscope and its camera say about one frame.

    Every field is optional. Keys that are not listed here are kept (`model_extra`), recorded and
    handed on. NaN and infinite numbers are refused.
    """

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    seq: int | None = Field(
        default=None, ge=-(2**63), lt=2**63, description="number the camera gave it"
    )
    timestamp: float | None = Field(default=None, description="Unix seconds at exposure")
    pixel_size_nm: float | None = Field(default=None, gt=0)
    defocus_nm: float | None = Field(default=None, description="negative is underfocus")
    tilt_x_deg: float | None = Field(default=None, gt=-90, lt=90)
    tilt_y_deg: float | None = Field(default=None, gt=-90, lt=90)
    tilt_axis_deg: float | None = Field(
        default=None, description="direction of the tilt axis in the image, from +x towards +y"
    )
    voltage_kv: float | None = Field(default=None, gt=0)
    blur_px: float | None = Field(
        default=None,
        ge=0,
        description="standard deviation, in pixels of this frame, of all that blurs it between "
        "the sample and the file: detector, vibration, drift",
    )
    temperature_k: float | None = Field(default=None, ge=0)
    field_mt: float | None = None
    saturation_value: float | None = Field(
        default=None,
        ge=0,
        description="largest value that is a measurement, 0 if unknown; counting detectors mark "
        "masked pixels with more",
    )
    source: str | None = None
    geometry: Literal["camera", "sample"] = Field(
        default="camera",
        description="'sample': the image was already stretched back by 1/cos(tilt)",
    )
    stage_age_s: dict[str, float] | None = Field(
        default=None,
        description="of each quantity that came from the stage: seconds to its nearest reading",
    )
    assumed: list[str] | None = Field(
        default=None, description="names of the keys above that did not come with the frame"
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """One image as the camera delivered it.

    Attributes
    ----------
    pixels
        Array of shape (height, width), C-contiguous, one of `ALLOWED_DTYPES`.
    metadata
        What is known about it.
    """

    pixels: np.ndarray
    metadata: FrameMetadata = field(default_factory=FrameMetadata)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.pixels.shape
        return height, width
