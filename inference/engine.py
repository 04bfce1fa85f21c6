"""A bundle, loaded and ready to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .backend import Backend
from .bundle import EngineBundle
from .condition import ImagingCondition
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
        precision: Literal["f32", "bf16"] = "f32",
        threads: int | None = None,
    ) -> Engine:
        """Load the bundle's network with OpenVINO; see `OpenVinoBackend`."""
        from .openvino_backend import OpenVinoBackend  # slow to import

        backend = OpenVinoBackend(bundle.model_onnx, precision, threads)
        return cls(bundle.engine_id, bundle.condition, backend, bundle.reliability)

    def describe(self) -> str:
        """Say which engine runs where, in a few words."""
        return f"{self.engine_id} on {self.backend.describe()}"
