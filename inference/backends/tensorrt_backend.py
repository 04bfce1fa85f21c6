"""Networks on an NVIDIA GPU, by TensorRT or TensorRT-RTX."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from typing import Any

import numpy as np

from .backend import BackendFailed, NetworkOutput, input_shapes, inputs_for
from .cuda_driver import cuda_devices
from .cuda_memory import CudaBuffer, CudaStream
from .plan_cache import cache_key, cached
from .tensorrt_plan import PlanShapes, build_plan, is_portable, logger, tensorrt_module

#: A run sees one camera, perhaps with two binnings.
_KEPT_SHAPES = 4


class TensorRtBackend:
    """Implements `Backend` on the first NVIDIA GPU.

    Each image shape has pinned buffers and an execution context of its own, the last few are kept.
    Upload, network and download queue in one stream. The plan is kept for this model, GPU, driver
    and TensorRT version, and built anew when one of them changes.

    Parameters
    ----------
    model_onnx
        As for `OpenVinoBackend`, in the precision that it is to run in.
    shapes
        Image sizes that it is planned for.

    Raises
    ------
    BackendFailed
        There is no GPU, no driver or no TensorRT, or they do not go together.
    UserError
        The network cannot be planned.
    """

    def __init__(self, model_onnx: bytes, shapes: PlanShapes | None = None) -> None:
        shapes = shapes or PlanShapes()
        # without a driver TensorRT can end the process, so the driver is asked first
        devices = cuda_devices()
        if not devices:
            raise BackendFailed("there is no NVIDIA GPU with a working driver")
        module = tensorrt_module()
        if module is None:
            raise BackendFailed("neither tensorrt nor tensorrt-rtx is installed")
        self._module, self._device = module, devices[0]
        # another name whenever a plan might not fit
        key = cache_key(model_onnx, module.__name__, module.__version__, self._device, shapes)
        plan = cached(key, lambda: build_plan(module, model_onnx, shapes))
        self._runtime = module.Runtime(logger(module))
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise BackendFailed(
                f"{module.__name__} {module.__version__} does not run on {self._device.name} "
                f"(compute capability {'.'.join(map(str, self._device.compute_capability))}) with "
                f"a driver for CUDA {self._device.driver}"
            )
        self._stream = CudaStream()
        self._ready: OrderedDict[tuple[int, ...], _Execution] = OrderedDict()
        self._lock = threading.Lock()

    def warm_up(self, height: int, width: int) -> None:
        """Run once on an image of this shape, so that the first frame does not wait."""
        zeros = (np.zeros(shape, np.float32) for shape in input_shapes(1, height, width).values())
        self.infer(*zeros)

    def infer(
        self, images: np.ndarray, told: np.ndarray, deconvolved: np.ndarray | None = None
    ) -> NetworkOutput:
        """Run the network on each image; see `Backend.infer`."""
        with self._lock:
            execution = self._execution((images.shape[2], images.shape[3]))
            inputs = inputs_for(execution.inputs, images, told, deconvolved)
            outputs = [
                execution.run({name: each[[i]] for name, each in inputs.items()}, self._stream)
                for i in range(len(images))
            ]
        maps = {name: np.concatenate([each[name] for each in outputs]) for name in outputs[0]}
        return NetworkOutput.of_images(maps["probability"], maps.get("log_diameter"))

    def describe(self) -> str:
        """Say in a few words what runs where."""
        name = "TensorRT-RTX" if is_portable(self._module) else "TensorRT"
        return f"{name} {self._module.__version__} {self._device.name} f16"

    def close(self) -> None:
        """Give the GPU's memory back."""
        while self._ready:
            self._ready.popitem()[1].free()
        self._stream.free()

    def _execution(self, sides: tuple[int, int]) -> _Execution:
        execution = self._ready.get(sides)
        if execution is None:
            while len(self._ready) >= _KEPT_SHAPES:
                self._ready.popitem(last=False)[1].free()
            execution = self._ready[sides] = _Execution(self._engine, sides)
        self._ready.move_to_end(sides)
        return execution


class _Execution:
    """What one image shape needs: an execution context and the buffers bound to it."""

    def __init__(self, engine: Any, sides: tuple[int, int]) -> None:
        context = engine.create_execution_context()
        if context is None:
            raise BackendFailed("the GPU has not enough memory for the network")
        self._context = context
        self._buffers: dict[str, CudaBuffer] = {}
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        shapes = input_shapes(1, *sides)
        self.inputs = [name for name in names if name in shapes]
        for name in self.inputs:
            if not context.set_input_shape(name, shapes[name]):
                raise BackendFailed(f"the network is not planned for images of {sides} pixels")
        try:
            for name in names:
                self._buffers[name] = CudaBuffer(tuple(context.get_tensor_shape(name)))
                context.set_tensor_address(name, int(self._buffers[name].device))
        except BackendFailed:
            self.free()
            raise

    def run(self, given: dict[str, np.ndarray], stream: CudaStream) -> dict[str, np.ndarray]:
        for name, array in given.items():
            self._buffers[name].host[...] = array
            self._buffers[name].upload(stream.handle)
        if not self._context.execute_async_v3(int(stream.handle)):
            raise BackendFailed("TensorRT could not run the network")
        outputs = {name: each for name, each in self._buffers.items() if name not in given}
        for buffer in outputs.values():
            buffer.download(stream.handle)
        stream.wait()
        return {name: buffer.host.copy() for name, buffer in outputs.items()}

    def free(self) -> None:
        for buffer in self._buffers.values():
            with contextlib.suppress(BackendFailed):
                buffer.free()
        self._buffers.clear()
