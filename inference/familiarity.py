"""How far a frame is from those that an engine was trained on."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.spatial import KDTree

NEIGHBOURS = 5
"""A frame is as unfamiliar as its distance to the training frame that is so many-th nearest."""

ENOUGH_SKYRMIONS = 5
"""From so many on, their mean confidence says something of the frame."""


class UsualConfidence(BaseModel):
    """What mean confidence the skyrmions of an ordinary frame have, by where the frame lies.

    Of a frame with an unusual defocus, focus or texture that has an ordinary spectrum, the network
    is less sure than of an ordinary one. The log odds of the mean confidence are a linear function
    of the place, see `Familiarity.places`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    intercept: float
    weights: tuple[float, ...]
    limit: float = Field(
        gt=0, description="of what is lacking; one training frame in ten lacks more"
    )

    def lacking(self, places: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        """Return by how much the log odds are lower than usual, over the limit, shape (n,).

        Parameters
        ----------
        places
            Shape (n, components + 1).
        confidence
            Mean of the frame's skyrmions, shape (n,); NaN, of too few, lacks nothing.
        """
        usual = self.intercept + places @ np.array(self.weights)
        return np.nan_to_num((usual - log_odds(confidence)) / self.limit)


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Return ln(p / (1 - p)) of probabilities, kept within 0.001 of both ends."""
    p = np.clip(probability, 1e-3, 1 - 1e-3)
    return np.log(p / (1 - p))


def mean_confidence(of_skyrmions: np.ndarray) -> float:
    """Return the mean confidence of a frame's skyrmions, NaN of fewer than `ENOUGH_SKYRMIONS`."""
    enough = len(of_skyrmions) >= ENOUGH_SKYRMIONS
    return float(of_skyrmions.mean()) if enough else math.nan


class Familiarity(BaseModel):
    """Distance of what is told of a frame from that of the nearest frames of the training set.

    Distance to the k-th nearest neighbour (Sun et al., ICML 2022): frames of all noises, sizes and
    defocuses are no round cloud. Measured along the principal components and, for what lies outside
    of them, by its length; divided by the distance that three frames in a hundred exceed, degraded
    as in training.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mean: tuple[float, ...]
    scale: tuple[float, ...] = Field(description="standard deviation of each number")
    components: tuple[tuple[float, ...], ...] = Field(
        description="rows, at right angles; from numbers over their scale"
    )
    outside: float = Field(gt=0, description="root mean square length outside the components")
    frames: tuple[tuple[float, ...], ...] = Field(
        description="of the training set, as `places` puts them"
    )
    limit: float = Field(
        gt=0, description="of the distance; three training frames in 100 exceed it"
    )
    usual_confidence: UsualConfidence | None = None

    @model_validator(mode="after")
    def _fits(self) -> Familiarity:
        if {len(self.scale), *map(len, self.components)} != {len(self.mean)}:
            raise ValueError("mean, scale and components differ in length")
        if len(self.frames) < NEIGHBOURS or any(
            len(frame) != len(self.components) + 1 for frame in self.frames
        ):
            raise ValueError("frames are too few, or not as long as there are components and one")
        return self

    @cached_property
    def _matrices(self) -> tuple[np.ndarray, ...]:
        components = np.array(self.components)
        directions = components / np.linalg.norm(components, axis=1, keepdims=True)
        return np.array(self.mean), np.array(self.scale), components, directions

    @cached_property
    def _tree(self) -> KDTree:
        return KDTree(np.array(self.frames))

    def unfamiliarity(self, told: np.ndarray, confidence: np.ndarray | None = None) -> np.ndarray:
        """Return the distance over its limit, or what the confidence lacks if that is more.

        Parameters
        ----------
        told
            Of n frames, shape (n, TOLD).
        confidence
            `mean_confidence` of each, shape (n,); None looks at the distance alone.

        Returns
        -------
        Shape (n,); above 1 is unfamiliar.
        """
        places = self.places(told)
        found = self.distance(places) / self.limit
        if self.usual_confidence is None or confidence is None:
            return found
        return np.maximum(found, self.usual_confidence.lacking(places, confidence))

    def distance(self, places: np.ndarray) -> np.ndarray:
        """Return the distance, shape (n,), of frames at `places`."""
        return np.asarray(self._tree.query(places, k=NEIGHBOURS)[0])[:, -1]

    def places(self, told: np.ndarray) -> np.ndarray:
        """Return where frames lie, shape (n, components + 1)."""
        mean, scale, components, directions = self._matrices
        off = (told - mean) / scale
        inside = off @ components.T
        rest = off - (off @ directions.T) @ directions
        return np.column_stack([inside, np.linalg.norm(rest, axis=1) / self.outside])
