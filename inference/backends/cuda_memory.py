"""Buffers and a stream on a GPU, by NVIDIA's `cuda-bindings`."""

from __future__ import annotations

import ctypes
import importlib
from typing import Any

import numpy as np

from .backend import BackendFailed


def runtime() -> Any:
    """Return the CUDA runtime's bindings.

    Raises
    ------
    BackendFailed
        They are not installed.
    """
    try:
        return importlib.import_module("cuda.bindings.runtime")
    except ImportError:
        raise BackendFailed("the package cuda-bindings is not installed") from None


def checked(answer: tuple[Any, ...]) -> Any:
    """Return what a call of the runtime gave beside its error code.

    Raises
    ------
    BackendFailed
        The call failed: no memory, no device, a lost device.
    """
    error, *values = answer
    if int(error):
        raise BackendFailed(f"CUDA: {error.name}")
    return values[0] if len(values) == 1 else values


class CudaBuffer:
    """An array's place on the GPU, and pinned memory beside it to copy through.

    Attributes
    ----------
    host
        The pinned array.
    device
        Address on the GPU.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._cuda = runtime()
        self._bytes = 4 * int(np.prod(shape))
        self.device = checked(self._cuda.cudaMalloc(self._bytes))
        try:
            self._pinned = checked(self._cuda.cudaMallocHost(self._bytes))
        except BackendFailed:
            self._cuda.cudaFree(self.device)
            raise
        memory = (ctypes.c_float * (self._bytes // 4)).from_address(int(self._pinned))
        self.host = np.ctypeslib.as_array(memory).reshape(shape)

    def upload(self, stream: Any) -> None:
        """Copy to the GPU, in the stream's order."""
        kind = self._cuda.cudaMemcpyKind.cudaMemcpyHostToDevice
        checked(self._cuda.cudaMemcpyAsync(self.device, self._pinned, self._bytes, kind, stream))

    def download(self, stream: Any) -> None:
        """Copy from the GPU, in the stream's order."""
        kind = self._cuda.cudaMemcpyKind.cudaMemcpyDeviceToHost
        checked(self._cuda.cudaMemcpyAsync(self._pinned, self.device, self._bytes, kind, stream))

    def free(self) -> None:
        """Give both back; the array must not be used any more."""
        self._cuda.cudaFree(self.device)
        self._cuda.cudaFreeHost(self._pinned)


class CudaStream:
    """A queue of work on the GPU."""

    def __init__(self) -> None:
        self._cuda = runtime()
        self.handle = checked(self._cuda.cudaStreamCreate())

    def wait(self) -> None:
        """Wait until everything is done."""
        checked(self._cuda.cudaStreamSynchronize(self.handle))

    def free(self) -> None:
        """Give it back."""
        self._cuda.cudaStreamDestroy(self.handle)
