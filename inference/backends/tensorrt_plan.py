"""From an ONNX network to a TensorRT plan, by `tensorrt` or its portable sibling `tensorrt_rtx`.

Both have one interface. TensorRT itself plans on the GPU that it plans for; TensorRT-RTX needs no
GPU and leaves the choice of kernels to the machine that runs the plan.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ...stream.errors import UserError
from ..tiling import LARGEST_SIDE
from .backend import input_shapes

#: Names of the modules; the wheels of the bindings alone have the last one.
_MODULES = ("tensorrt", "tensorrt_rtx", "tensorrt_rtx_bindings")


@dataclass(frozen=True)
class PlanShapes:
    """Image sizes that a plan is made for, in pixels along either side, and the best among them."""

    smallest: int = 32
    best: int = 2048
    largest: int = LARGEST_SIDE


def tensorrt_module() -> ModuleType | None:
    """Return what is installed, None if neither is.

    The package `tensorrt` can be a stub without its library, which says so by failing.
    """
    for name in _MODULES:
        try:
            module = importlib.import_module(name)
        except (ImportError, OSError, RuntimeError):
            continue
        if hasattr(module, "Builder"):
            return module
    return None


def is_portable(module: ModuleType) -> bool:
    """Say whether its plans are built without a GPU and run on any that it supports."""
    return "rtx" in module.__name__


def logger(module: ModuleType) -> Any:
    """Return a logger that only speaks of errors."""
    return module.Logger(module.Logger.ERROR)


def build_plan(module: ModuleType, model_onnx: bytes, shapes: PlanShapes) -> bytes:
    """Return the plan.

    Types are those of the ONNX model: TensorRT is asked for no other precision. One profile covers
    all image sizes, and is tuned to the best one; a batch is one image.

    Raises
    ------
    UserError
        The model cannot be planned.
    """
    log = logger(module)
    builder = module.Builder(log)
    network = builder.create_network(_strongly_typed(module))
    parser = module.OnnxParser(network, log)
    if not parser.parse(model_onnx):
        reasons = "; ".join(
            str(parser.get_error(i).desc()).rstrip(".") for i in range(parser.num_errors)
        )
        raise UserError(f"TensorRT cannot read the engine's network: {reasons}.")
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    sides = (shapes.smallest, shapes.best, shapes.largest)
    for name in (network.get_input(index).name for index in range(network.num_inputs)):
        profile.set_shape(name, *(input_shapes(1, side, side)[name] for side in sides))
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise UserError("TensorRT could not plan the engine's network on this machine.")
    return bytes(plan)


def _strongly_typed(module: ModuleType) -> int:
    """Return the flags of a strongly typed network; from version 11 on there is no other."""
    flag = getattr(module.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    return 0 if flag is None else 1 << int(flag)
