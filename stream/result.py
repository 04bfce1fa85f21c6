"""What the analysis says about one frame, independent of how it was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from .frame import Frame, FrameMetadata

#: One row a skyrmion. Names follow trackpy and scikit-image; `y, x` are the magnetic centre in
#: pixels of the frame as the camera delivered it. `*_nm` columns are in the sample's geometry
#: (foreshortening undone) and are NaN while the pixel size is unknown.
TABLE_DTYPES: dict[str, str] = {
    "frame": "int64",  # index of the frame in this run
    # track number, unique among the frames of one size in a run; -1 while not linked
    "particle": "int64",
    "label": "int64",  # value of this skyrmion in the label image, from 1
    "y": "float64",
    "x": "float64",
    "area": "float64",  # of the segmented mask, in camera pixels
    "equivalent_diameter_area": "float64",
    "axis_major_length": "float64",
    "axis_minor_length": "float64",
    "orientation": "float64",  # as skimage.measure.regionprops: radians, from the row axis
    "eccentricity": "float64",
    "y_nm": "float64",
    "x_nm": "float64",
    "area_nm2": "float64",
    "equivalent_diameter_area_nm": "float64",
    "axis_major_length_nm": "float64",
    "axis_minor_length_nm": "float64",
    "diameter_nm": "float64",  # physical diameter, of the contour Mz = 0; NaN of stripes
    "diameter_low_nm": "float64",  # ends of its interval, 90 % unless the engine says otherwise
    "diameter_high_nm": "float64",
    "confidence": "float64",  # probability that it is a skyrmion and its outline right
    "touches_border": "bool",
    "is_stripe": "bool",  # longer than wide: no skyrmion, and without a diameter
    "psi6_abs": "float64",  # NaN at the edge of the lattice
    "n_neighbours": "int64",
}


def empty_table() -> pd.DataFrame:
    """Return a table without rows, with the columns and dtypes of `TABLE_DTYPES`."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in TABLE_DTYPES.items()})


class ResultSummary(BaseModel):
    """The numbers of one analysed frame: what a feedback script needs, as flat JSON."""

    model_config = ConfigDict(extra="allow")

    frame: int = Field(description="index of the frame in this run, from 0")
    seq: int | None = None
    timestamp: float | None = Field(
        default=None, description="Unix seconds at exposure, from the camera"
    )
    received_at: float = Field(description="Unix seconds when serve took the frame in")
    height: int
    width: int
    pixel_size_nm: float | None = None
    temperature_k: float | None = None
    field_mt: float | None = None
    stage_age_s: dict[str, float] = Field(
        default_factory=dict, description="as in the metadata of the frame"
    )
    n_skyrmions: int = Field(description="rows of the table that are no stripes")
    n_stripes: int = 0
    mean_diameter_nm: float | None = Field(
        default=None, description="mean of diameter_nm, border excluded"
    )
    mean_diameter_low_nm: float | None = Field(
        default=None,
        description="ends of the interval that holds the true mean, 90 % unless the engine says "
        "otherwise; None from an engine that cannot tell",
    )
    mean_diameter_high_nm: float | None = None
    std_diameter_nm: float | None = Field(
        default=None, description="how far skyrmions differ, not how well their mean is known"
    )
    diameter_definition: str = Field(
        default="Mz = 0", description="contour that diameter_nm measures"
    )
    mask_definition: str = Field(
        default="", description="rule of the labels that the mask was trained on"
    )
    density_per_um2: float | None = Field(
        default=None, description="those by half of which the border cuts the core"
    )
    mean_psi6_abs: float | None = None
    unfamiliarity: float | None = Field(
        default=None,
        description="how unlike its training set the frame looks to the engine; it warns above 1",
    )
    latency_ms: dict[str, float] = Field(default_factory=dict, description="by stage, and 'total'")
    engine: str = ""
    analysed: Literal["live", "caught-up", "replay"] = Field(
        default="live",
        description="caught-up: after a newer frame; its skyrmions are linked when the run is over",
    )
    warnings: list[str] = Field(default_factory=list)
    counters: dict[str, int] = Field(default_factory=dict)


@dataclass(slots=True)
class FrameResult:
    """Summary, table and label image of one frame.

    Attributes
    ----------
    summary
        See `ResultSummary`.
    table
        One row a skyrmion, columns as `TABLE_DTYPES`.
    labels
        uint16 of shape (height, width), 0 is background; None when switched off.
    metadata
        The metadata of the frame.
    """

    summary: ResultSummary
    table: pd.DataFrame
    labels: np.ndarray | None
    metadata: FrameMetadata


class Tracks(Protocol):
    """Follows skyrmions from frame to frame; frames must come in order."""

    def follow(self, table: pd.DataFrame) -> np.ndarray:
        """Return the track number of each row of the next frame: int64 of shape (n,)."""
        ...


class Analyser(Protocol):
    """Whatever turns frames into results; keeps the tracks of one run."""

    @property
    def engine_id(self) -> str:
        """Name of the engine in use."""
        ...

    def analyse(
        self, frame: Frame, index: int, received_at: float, *, linked: bool = True
    ) -> FrameResult:
        """Find and measure the skyrmions of `frame`, the `index`-th of this run.

        They are linked to those of the last linked frame of the same shape and pixel type, unless
        `linked` is False: then their `particle` is -1.
        """
        ...

    def new_tracks(self) -> Tracks:
        """Return tracks without a frame, to link the tables of a recording anew."""
        ...
