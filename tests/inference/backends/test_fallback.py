"""A backend that fails hands over, and no frame is lost."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from skyrmlive.inference.backends.backend import BackendFailed, NetworkOutput
from skyrmlive.inference.backends.fallback import FallbackBackend
from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend
from skyrmlive.inference.told import TOLD

from ..samples import tiny_model

IMAGE = np.random.default_rng(0).standard_normal((1, 1, 64, 96)).astype(np.float32)
TOLD_NOTHING = np.zeros((1, TOLD), np.float32)


class Failing:
    """A device that gives out after some frames, as no machine for tests can be made to."""

    def __init__(self, works_for: int) -> None:
        self._left = works_for
        self._cpu = OpenVinoBackend(tiny_model(), threads=1)

    def warm_up(self, height: int, width: int) -> None:
        self._cpu.warm_up(height, width)

    def infer(
        self, images: np.ndarray, told: np.ndarray, deconvolved: np.ndarray | None = None
    ) -> NetworkOutput:
        if not self._left:
            raise BackendFailed("CUDA: cudaErrorMemoryAllocation")
        self._left -= 1
        return self._cpu.infer(images, told, deconvolved)

    def describe(self) -> str:
        return "failing device"


def openvino() -> OpenVinoBackend:
    return OpenVinoBackend(tiny_model(), threads=1)


def absent() -> OpenVinoBackend:
    raise BackendFailed("there is no NVIDIA GPU with a working driver")


def test_the_next_one_takes_over_in_mid_run(caplog):
    backend = FallbackBackend([lambda: Failing(2), openvino])
    expected = openvino().infer(IMAGE, TOLD_NOTHING).probability
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            found = backend.infer(IMAGE, TOLD_NOTHING).probability
            np.testing.assert_array_equal(found, expected)
    assert backend.describe().startswith("OpenVINO")
    assert caplog.messages == ["failing device failed: CUDA: cudaErrorMemoryAllocation"]


def test_what_is_not_there_is_passed_over(caplog):
    with caplog.at_level(logging.WARNING):
        backend = FallbackBackend([absent, openvino])
    backend.warm_up(32, 32)
    assert backend.describe().startswith("OpenVINO")
    assert "no NVIDIA GPU" in caplog.text


def test_without_any_left_the_reason_is_told():
    with pytest.raises(BackendFailed, match="no NVIDIA GPU"):
        FallbackBackend([absent])
    backend = FallbackBackend([lambda: Failing(0)])
    with pytest.raises(BackendFailed, match="MemoryAllocation"):
        backend.infer(IMAGE, TOLD_NOTHING)
