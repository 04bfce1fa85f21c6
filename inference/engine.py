"""A bundle, loaded and ready to run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .backends.backend import Backend
from .backends.selection import BackendName, Precision, make_backend
from .bundle import EngineBundle
from .condition import ImagingCondition
from .deconvolution import deconvolve
from .reliability import Reliability


@dataclass(frozen=True)
class Engine:
    """A network on its backend, and the condition it was made for.

    Attributes
    ----------
    engine_id
        Name of the engine and of its network's exact version.
    condition
        Imaging condition and envelope.
    backend
        Runs the network.
    reliability
        How far its answers can be relied on.
    """

    engine_id: str
    condition: ImagingCondition
    backend: Backend
    reliability: Reliability = field(default_factory=Reliability)

    @classmethod
    def from_bundle(
        cls,
        bundle: EngineBundle,
        precision: Precision = "auto",
        threads: int | None = None,
        backend: BackendName = "auto",
    ) -> Engine:
        """Load the bundle's network; for the parameters and errors see `make_backend`."""
        runs = make_backend(bundle, backend, precision, threads)
        return cls(bundle.engine_id, bundle.condition, runs, bundle.reliability)

    def deconvolved(self, small: np.ndarray, known: np.ndarray) -> np.ndarray | None:
        """Return the deconvolved image that the network is given, None if it is not given one.

        See `deconvolution.deconvolve`; `known` is what `told.told` returns.
        """
        condition = self.condition
        if not condition.is_given_deconvolved:
            return None
        return deconvolve(small, known, condition, condition.pixel_size_nm)

    def describe(self) -> str:
        """Say which engine runs where, in a few words."""
        return f"{self.engine_id} on {self.backend.describe()}"
