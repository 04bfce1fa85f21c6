"""How far an engine's answers can be relied on, learned from frames it was not trained on.

`reliability.json` of a bundle. An engine without it gives plain values: no interval, no warning.
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ..stream.errors import UserError
from .familiarity import Familiarity
from .other_optics import OTHER_OPTICS, OpticsJudge, OpticsSeen

CONFIDENCE_TERMS = ("core_logit", "log_sigma", "log_size", "touches_border")
"""What the probability of a skyrmion follows from; see `confidence_terms`."""


class Confidence(BaseModel):
    """Probability that what was found is a true skyrmion, outlined with an IoU above one half.

    A logistic regression on `CONFIDENCE_TERMS` (Platt, 1999).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    intercept: float
    weights: tuple[float, float, float, float]

    def probability(self, terms: np.ndarray) -> np.ndarray:
        """Return the probability, shape (n,), of terms of shape (n, 4)."""
        score = self.intercept + terms @ np.array(self.weights)
        return 1 / (1 + np.exp(-np.clip(score, -30, 30)))


def confidence_terms(
    core_mean: np.ndarray,
    log_sigma: np.ndarray,
    log_size: np.ndarray,
    touches_border: np.ndarray,
) -> np.ndarray:
    """Return what `Confidence` judges by, shape (n, 4).

    Parameters
    ----------
    core_mean
        Mean core probability inside each core's contour, from the threshold of cores to 1.
    log_sigma
        Log of the standard deviation of ln(diameter); NaN from a network that does not size.
    log_size
        ln(diameter / engine pixel).
    touches_border
        Bool.
    """
    p = np.clip(core_mean, 1e-4, 1 - 1e-4)
    return np.stack(
        [np.log(p / (1 - p)), np.nan_to_num(log_sigma), log_size, touches_border], axis=1
    )


class Reliability(BaseModel):
    """The content of `reliability.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    confidence: Confidence | None = None
    least_confidence: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="what is found with less is left out (docs/decisions/0032)",
    )
    interval_level: float = Field(default=0.9, gt=0, lt=1)
    interval_factor: float | None = Field(
        default=None,
        gt=0,
        description="half width of the interval of ln(diameter), over the network's sigma",
    )
    drawn_size_weight: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="of the size that the network draws, beside that of the core's area",
    )
    bias_per_variance: float = Field(
        default=0.0,
        description="what is taken off ln(diameter), over the variance that the network gives it: "
        "what is hardly seen is drawn to what was usual in training",
    )
    mean_interval_share: float | None = Field(
        default=None,
        gt=0,
        description="half width of the interval of a frame's mean ln(diameter), over the mean one "
        "of its skyrmions",
    )
    familiarity: Familiarity | None = None
    optics_judges: dict[str, OpticsJudge] | None = Field(
        default=None,
        description="of `OTHER_OPTICS`, how much like one under them a frame looks; one ordinary "
        "frame in 100 does so more than 1",
    )

    @field_validator("optics_judges")
    @classmethod
    def _known(cls, judges: dict[str, OpticsJudge] | None) -> dict[str, OpticsJudge] | None:
        for name in judges or {}:
            if name not in OTHER_OPTICS:
                raise ValueError(f"nothing is known of optics {name!r}")
        return judges

    @classmethod
    def from_json(cls, content: bytes) -> Reliability:
        """Read it.

        Raises
        ------
        UserError
            It cannot be used.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            place = ".".join(map(str, problem["loc"]))
            raise UserError(
                f"The engine's reliability.json cannot be used: {place}: {problem['msg']}."
            ) from None

    def confidence_of(
        self,
        core_mean: np.ndarray,
        log_sigma: np.ndarray,
        log_size: np.ndarray,
        touches_border: np.ndarray,
    ) -> np.ndarray:
        """Return the probability of each, shape (n,); for the parameters see `confidence_terms`.

        Where nobody calibrated it, it is the mean core probability.
        """
        if self.confidence is None:
            return core_mean
        terms = confidence_terms(core_mean, log_sigma, log_size, touches_border)
        return self.confidence.probability(terms)

    def contradicted(self, optics: OpticsSeen) -> tuple[str, float] | None:
        """Return the other optics that speak most against what was told, and how strongly.

        By the name that `OTHER_OPTICS` gives them, and above 1 stronger than in training frames.
        None from an engine that cannot judge.
        """
        if not self.optics_judges:
            return None
        excess = {
            name: judge.suspicion(optics.told, optics.others[name])
            for name, judge in self.optics_judges.items()
        }
        most = max(excess, key=excess.__getitem__)
        return most, excess[most]

    def diameter(self, of_core: np.ndarray, drawn: np.ndarray, log_sigma: np.ndarray) -> np.ndarray:
        """Return the weighted geometric mean of two diameters, without the usual error.

        Parameters
        ----------
        of_core
            From the area of the core's probability, shape (n,), in any unit.
        drawn
            From the network's map of sizes, in the same unit.
        log_sigma
            Log of the standard deviation of its logarithm; NaN from a network that does not size.
        """
        weight = self.drawn_size_weight
        bias = np.nan_to_num(self.bias_per_variance * np.exp(2 * log_sigma))
        return of_core ** (1 - weight) * drawn**weight * np.exp(-bias)

    def interval(
        self, diameter_nm: np.ndarray, log_sigma: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return both ends of each diameter's interval in nm, NaN where none is known."""
        half = math.nan if self.interval_factor is None else self.interval_factor
        factor = np.exp(half * np.exp(log_sigma))
        return diameter_nm / factor, diameter_nm * factor
