"""Networks that take and give blocks as they lie give what the networks as exported give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend, cpu_precisions
from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine_store import SHIPPED
from skyrmlive.inference.told import TOLD

from ..samples import network_inputs, tiny_model


@pytest.fixture(scope="module", params=sorted(path.name for path in SHIPPED.iterdir()))
def bundle(request) -> EngineBundle:
    return EngineBundle.load(SHIPPED / request.param)


@pytest.mark.parametrize("shape", [(1, 64, 64), (1, 96, 256), (2, 128, 32)])
def test_the_maps_are_those_of_the_network_as_exported(bundle, shape):
    given = network_inputs(np.random.default_rng(0), *shape)
    core = ov.Core()
    model = core.read_model(bundle.model_onnx)
    plain = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    taken = {name for port in plain.inputs for name in port.get_names()}
    expected = plain({name: array for name, array in given.items() if name in taken})
    found = OpenVinoBackend(bundle.model_onnx, "f32").infer(*given.values())
    assert found.mask.block == bundle.condition.size_block, "it did take the short way"
    np.testing.assert_allclose(found.probability, expected["probability"], atol=1e-5)
    np.testing.assert_allclose(found.log_diameter, expected["log_diameter"], atol=1e-4)
    for threshold in (0.4, 0.5):
        # where it is not a matter of rounding
        clear = np.abs(expected["probability"][:, 1] - threshold) > 1e-5
        reached = expected["probability"][:, 1] >= threshold
        np.testing.assert_array_equal(found.core.at_least(threshold)[clear], reached[clear])


def test_a_network_on_pixels_runs_as_it_is():
    image = np.random.default_rng(0).standard_normal((1, 1, 64, 96)).astype(np.float32)
    found = OpenVinoBackend(tiny_model()).infer(image, np.zeros((1, TOLD), np.float32))
    assert found.core.block == 1
    np.testing.assert_array_equal(found.core[0].at_least(0.4), found.probability[0, 1] >= 0.4)


def test_results_are_not_overwritten_by_the_next_frame(bundle):
    rng = np.random.default_rng(0)
    backend = OpenVinoBackend(bundle.model_onnx)
    first = backend.infer(*network_inputs(rng, 1, 64, 64).values())
    kept = first.probability
    backend.infer(*network_inputs(rng, 1, 64, 64).values())
    np.testing.assert_array_equal(first.probability, kept)


def test_engines_that_come_and_go_leave_signals_as_they_were():
    """In a process of its own, which a signal would end if its stack for signals were gone."""
    script = """
import faulthandler, os, signal
faulthandler.enable()
from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend
from tests.inference.samples import tiny_model

first, second = OpenVinoBackend(tiny_model()), OpenVinoBackend(tiny_model())
for backend in (first, second):
    backend.warm_up(32, 32)
del backend, first
del second
signal.signal(signal.SIGTERM, lambda *_: print("heard"))
os.kill(os.getpid(), signal.SIGTERM)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr


def test_the_precision_is_chosen_by_what_the_cpu_has():
    chosen = OpenVinoBackend(tiny_model(), "auto").describe()
    assert chosen.endswith("bf16" if "bf16" in cpu_precisions() else "f32")
