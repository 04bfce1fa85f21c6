"""Which backend runs an engine on this machine."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..bundle import EngineBundle
from .backend import Backend, BackendFailed
from .cuda_driver import cuda_devices
from .fallback import FallbackBackend
from .tensorrt_plan import tensorrt_module

BackendName: TypeAlias = Literal["auto", "openvino", "tensorrt"]
Precision: TypeAlias = Literal["auto", "f32", "bf16"]


def make_backend(
    bundle: EngineBundle,
    name: BackendName = "auto",
    precision: Precision = "auto",
    threads: int | None = None,
) -> Backend:
    """Return the backend for an engine.

    Parameters
    ----------
    name
        'auto' is TensorRT where there is a GPU with it, and OpenVINO from the moment that fails;
        'openvino' and 'tensorrt' are these and no other.
    precision
        Of OpenVINO; 'auto' is bf16 where the CPU has it, otherwise f32 (docs/decisions/0011).
    threads
        Of OpenVINO.

    Raises
    ------
    BackendFailed
        The one that is asked for cannot run here.
    UserError
        The bundle's network cannot be read.
    """

    def openvino() -> Backend:
        from .openvino_backend import OpenVinoBackend  # slow to import

        return OpenVinoBackend(bundle.model_onnx, precision, threads)

    def tensorrt() -> Backend:
        from .tensorrt_backend import TensorRtBackend

        model = bundle.half_model_onnx
        if model is None:
            raise BackendFailed(f"the engine {bundle.condition.name} has no network for GPUs")
        return TensorRtBackend(model)

    if name == "tensorrt":
        return tensorrt()
    if name == "auto" and cuda_devices() and tensorrt_module() is not None:
        return FallbackBackend([tensorrt, openvino])
    return openvino()
