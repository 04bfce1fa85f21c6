"""Which NVIDIA GPUs there are, asked of the driver itself: no CUDA library is needed for that."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass

_LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_MAJOR, _MINOR = 75, 76
"""`CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `_MINOR` of cuda.h."""


@dataclass(frozen=True)
class CudaDevice:
    """One GPU.

    Attributes
    ----------
    name
        Such as 'NVIDIA RTX A4000'.
    compute_capability
        Major and minor.
    memory_bytes
        All of it.
    driver
        The CUDA version that the driver speaks, such as '13.0'.
    """

    name: str
    compute_capability: tuple[int, int]
    memory_bytes: int
    driver: str


def cuda_devices() -> list[CudaDevice]:
    """Return the GPUs that the driver can use; none without a driver that works."""
    try:
        driver = ctypes.CDLL(_LIBRARY)
    except OSError:
        return []
    if driver.cuInit(0):
        return []
    version, count = ctypes.c_int(), ctypes.c_int()
    driver.cuDriverGetVersion(ctypes.byref(version))
    if driver.cuDeviceGetCount(ctypes.byref(count)):
        return []
    spoken = f"{version.value // 1000}.{version.value % 1000 // 10}"
    return [_device(driver, index, spoken) for index in range(count.value)]


def _device(driver: ctypes.CDLL, index: int, spoken: str) -> CudaDevice:
    handle, name, memory = ctypes.c_int(), ctypes.create_string_buffer(256), ctypes.c_size_t()
    driver.cuDeviceGet(ctypes.byref(handle), index)
    driver.cuDeviceGetName(name, len(name), handle)
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), handle)
    capability = []
    for attribute in (_MAJOR, _MINOR):
        value = ctypes.c_int()
        driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, handle)
        capability.append(value.value)
    return CudaDevice(
        name.value.decode(errors="replace"),
        (capability[0], capability[1]),
        memory.value,
        spoken,
    )
