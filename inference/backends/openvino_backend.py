"""Networks on the CPU, by OpenVINO."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import openvino as ov

from ...stream.errors import UserError
from ..probability_map import ProbabilityMap
from ..told import TOLD
from .backend import NetworkOutput, input_shapes, inputs_for
from .cache_folder import cache_folder
from .openvino_blocks import give_blocks, read_blocks

#: A run sees one camera, perhaps with two binnings.
_KEPT_SHAPES = 4
_INPUTS = ("image", "told", "deconvolved")
_OUTPUTS = ("probability", "log_diameter")
_NAMES = {"f32": "FP32", "bf16": "BF16"}


class OpenVinoBackend:
    """Implements `Backend` on the CPU.

    OpenVINO plans a network for one shape at a time far better than for any shape, so every image
    shape gets its own compiled network; the last few are kept. Compilations are cached in the
    user's cache folder.

    Parameters
    ----------
    model_onnx
        The network with a free batch, height and width, float32: input `image` (n, 1, h, w), and
        `told` and `deconvolved` if it takes them, see `Backend.infer`; output `probability`
        (n, 2, h, w) and, if it sizes, `log_diameter` as in `NetworkOutput`.
    precision
        'bf16' is about twice as fast on CPUs with native support and coarser: probabilities have
        eight bits then. 'auto' is bf16 on those, otherwise f32 (docs/decisions/0011).
    threads
        Number of threads; None for all cores.

    Raises
    ------
    UserError
        The network cannot be read, has other inputs or outputs, or the CPU lacks the precision.
    """

    def __init__(
        self,
        model_onnx: bytes,
        precision: Literal["auto", "f32", "bf16"] = "auto",
        threads: int | None = None,
    ) -> None:
        if precision == "auto":
            precision = "bf16" if "bf16" in cpu_precisions() else "f32"
        if precision not in cpu_precisions():
            raise UserError(f"This CPU has no {precision} arithmetic; use f32.")
        self._precision = precision
        self._options: dict[str, str | int] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": precision,
        }
        cache = _cache_directory()
        if cache is not None:
            self._options["CACHE_DIR"] = str(cache)
        if threads is not None:
            self._options["INFERENCE_NUM_THREADS"] = threads
        self._model_onnx = model_onnx
        try:
            model = self._read()
        except RuntimeError:  # OpenVINO raises nothing narrower
            raise UserError("The engine's network is not a readable ONNX model.") from None
        inputs, outputs = _named(model.inputs, _INPUTS), _named(model.outputs, _OUTPUTS)
        if (
            "image" not in inputs
            or "probability" not in outputs
            or len(inputs) < len(model.inputs)
            or len(outputs) < len(model.outputs)
            or inputs["image"][1] != 1
            or outputs["probability"][1] != 2
        ):
            raise UserError("The engine's network must map one channel to two: mask and core.")
        if "told" in inputs and inputs["told"][1] != TOLD:
            raise UserError(
                f"The engine's network expects to be told {inputs['told'][1]} numbers, where "
                f"this version of skyrmlive tells {TOLD}: train it anew."
            )
        self._inputs = set(inputs)
        self._ready: OrderedDict[tuple[int, ...], _Network] = OrderedDict()
        self._lock = threading.Lock()

    def warm_up(self, height: int, width: int) -> None:
        """Compile for images of this shape and run once, so that the first frame does not wait."""
        zeros = (np.zeros(shape, np.float32) for shape in input_shapes(1, height, width).values())
        self.infer(*zeros)

    def infer(
        self, images: np.ndarray, told: np.ndarray, deconvolved: np.ndarray | None = None
    ) -> NetworkOutput:
        """Run the network; see `Backend.infer`."""
        inputs = inputs_for(self._inputs, images, told, deconvolved)
        with self._lock:  # a request has one set of buffers
            return self._network(images.shape).run(inputs)

    def describe(self) -> str:
        """Say in a few words what runs where."""
        version = ".".join(ov.__version__.split("-")[0].split(".")[:2])
        return f"OpenVINO {version} CPU {self._precision}"

    def _network(self, shape: tuple[int, ...]) -> _Network:
        network = self._ready.get(shape)
        if network is None:
            model = self._read()
            shapes = input_shapes(shape[0], *shape[2:])
            model.reshape({name: list(shapes[name]) for name in self._inputs})
            read_blocks(model)
            block = give_blocks(model)
            compiled = _core().compile_model(model, "CPU", self._options)
            network = self._ready[shape] = _Network(compiled, block, shape)
            while len(self._ready) > _KEPT_SHAPES:
                self._ready.popitem(last=False)
        self._ready.move_to_end(shape)
        return network

    def _read(self) -> ov.Model:
        return _core().read_model(self._model_onnx)


@cache
def _core() -> ov.Core:
    """Return the process's one and only core, which lives as long as the process.

    Each core gives its thread a stack for signals and, when it goes, puts back the one that it had
    found, which may be that of another core that went before: the next signal ends the process.
    """
    return ov.Core()


class _Network:
    """A network that is compiled for one shape of images."""

    def __init__(
        self, compiled: ov.CompiledModel, block: int | None, shape: tuple[int, ...]
    ) -> None:
        self._request = compiled.create_infer_request()
        wanted = ("log_diameter", *(("probability",) if block is None else ("mask", "core")))
        # a port has further names, and takes one array
        self._outputs = {
            name: port for port in compiled.outputs for name in wanted if name in port.get_names()
        }
        self._block = block
        self._image_shape = shape[2], shape[3]

    def run(self, inputs: dict[str, np.ndarray]) -> NetworkOutput:
        # OpenVINO writes into arrays of ours, so that nothing is copied
        arrays = {
            name: np.empty(tuple(port.shape), np.float32) for name, port in self._outputs.items()
        }
        for name, array in arrays.items():
            self._request.set_tensor(self._outputs[name], ov.Tensor(array, shared_memory=True))
        self._request.infer(inputs, share_inputs=True, share_outputs=True)
        sizes = arrays.get("log_diameter")
        if self._block is None:
            return NetworkOutput.of_images(arrays["probability"], sizes)
        mask, core = (
            ProbabilityMap(arrays[name], self._block, self._image_shape, are_logits=True)
            for name in ("mask", "core")
        )
        return NetworkOutput(mask, core, sizes)


def cpu_precisions() -> list[str]:
    """Return which of 'f32' and 'bf16' this CPU computes in."""
    capabilities = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return [name for name, theirs in _NAMES.items() if theirs in capabilities]


def _named(ports: list[Any], names: tuple[str, ...]) -> dict[str, ov.PartialShape]:
    """Return the shapes of those ports that have one of the names, which may be among others."""
    return {
        name: port.partial_shape for port in ports for name in names if name in port.get_names()
    }


def _cache_directory() -> Path | None:
    """Return where compilations are kept; None without a writable cache folder.

    OpenVINO refuses to compile at all if it cannot write there, as in a service without a home.
    """
    path = cache_folder("openvino")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return path if os.access(path, os.W_OK) else None
