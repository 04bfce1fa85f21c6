"""Plans of the shipped engines are built without a GPU; to run one needs one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from skyrmlive.inference.backends.backend import BackendFailed
from skyrmlive.inference.backends.cuda_driver import cuda_devices
from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend
from skyrmlive.inference.backends.tensorrt_backend import TensorRtBackend
from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.deconvolution import DECONVOLVED, deconvolve
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import SHIPPED
from skyrmlive.inference.frame_parts import FrameParts
from skyrmlive.inference.normalise import normalise
from skyrmlive.inference.rehearsal import lattice_frame
from skyrmlive.inference.told import TOLD, told

from ..samples import network_inputs

DEVICES = cuda_devices()
PORTABLE = importlib.util.find_spec("tensorrt_rtx") is not None
needs_plans = pytest.mark.skipif(
    not PORTABLE and not (DEVICES and importlib.util.find_spec("tensorrt")),
    reason="neither tensorrt-rtx, nor tensorrt with a GPU",
)
needs_gpu = pytest.mark.skipif(not DEVICES, reason="no NVIDIA GPU with a working driver")
no_gpu = pytest.mark.skipif(bool(DEVICES), reason="there is a GPU")


def python(script: str, *arguments: object) -> str:
    """Run a script in a process of its own: TensorRT without a driver may not end well."""
    run = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module", params=sorted(path.name for path in SHIPPED.iterdir()))
def bundle(request) -> EngineBundle:
    return EngineBundle.load(SHIPPED / request.param)


@needs_plans
def test_a_plan_has_the_networks_inputs_outputs_and_sizes(bundle):
    script = """
import sys
from skyrmlive.inference.backends.tensorrt_plan import PlanShapes, build_plan, logger
from skyrmlive.inference.backends.tensorrt_plan import tensorrt_module
from skyrmlive.inference.bundle import EngineBundle

trt = tensorrt_module()
model = EngineBundle.load(sys.argv[1]).half_model_onnx
plan = build_plan(trt, model, PlanShapes(32, 512, 1024))
print("plan of", len(plan), "bytes")
log = logger(trt)
network = trt.Builder(log).create_network(0)
parser = trt.OnnxParser(network, log)
assert parser.parse(model)
for port in [network.get_input(i) for i in range(network.num_inputs)] + [
    network.get_output(i) for i in range(network.num_outputs)
]:
    print(port.name, tuple(port.shape), port.dtype)
halves = sum(
    network.get_layer(i).type == trt.LayerType.CONVOLUTION
    and network.get_layer(i).get_output(0).dtype == trt.DataType.HALF
    for i in range(network.num_layers)
)
print("convolutions in half precision:", halves)
"""
    lines = python(script, bundle.path).splitlines()
    assert int(lines[0].split()[2]) > 100_000
    sharper = [f"deconvolved (-1, {DECONVOLVED}, -1, -1) DataType.FLOAT"]
    assert lines[1:-1] == [
        "image (-1, 1, -1, -1) DataType.FLOAT",
        f"told (-1, {TOLD}) DataType.FLOAT",
        *(sharper if bundle.condition.is_given_deconvolved else []),
        "probability (-1, 2, -1, -1) DataType.FLOAT",
        "log_diameter (-1, 2, -1, -1) DataType.FLOAT",
    ]
    assert int(lines[-1].split()[-1]) >= 10


@needs_plans
def test_what_is_no_network_is_refused_in_a_sentence():
    script = """
from skyrmlive.inference.backends.tensorrt_plan import PlanShapes, build_plan, tensorrt_module
from skyrmlive.stream.errors import UserError

try:
    build_plan(tensorrt_module(), b"no model", PlanShapes())
except UserError as error:
    print(error)
"""
    # TensorRT itself speaks on the same stream before
    assert python(script).splitlines()[-1].startswith("TensorRT cannot read the engine's network: ")


def test_half_precision_gives_the_same_maps(bundle):
    """The network that TensorRT is given, on the CPU, with a frame as it would come."""
    frame, _ = lattice_frame(bundle.condition, 256)
    image, condition = normalise(frame.pixels), bundle.condition
    parts = FrameParts.of(image, condition.pixel_size_nm)
    known = told(parts, frame.metadata, condition)
    sharper = deconvolve(parts.image, known, condition, condition.pixel_size_nm)
    given = image[np.newaxis, np.newaxis], known[np.newaxis], sharper[np.newaxis]
    whole = OpenVinoBackend(bundle.model_onnx, "f32", threads=2).infer(*given)
    half = OpenVinoBackend(bundle.half_model_onnx, "f32", threads=2).infer(*given)
    np.testing.assert_allclose(half.probability, whole.probability, atol=0.02)
    np.testing.assert_allclose(half.log_diameter, whole.log_diameter, atol=0.02)


@no_gpu
def test_without_a_gpu_the_reason_is_told_and_openvino_runs(bundle):
    with pytest.raises(BackendFailed, match="no NVIDIA GPU"):
        TensorRtBackend(bundle.half_model_onnx)
    with pytest.raises(BackendFailed, match="no NVIDIA GPU"):
        Engine.from_bundle(bundle, backend="tensorrt")
    assert "OpenVINO" in Engine.from_bundle(bundle, backend="auto").describe()


@needs_gpu
@needs_plans
def test_the_gpu_agrees_with_openvino(bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    gpu = TensorRtBackend(bundle.half_model_onnx)
    for side in (256, 512):
        given = network_inputs(rng, 1, side, side).values()
        expected = OpenVinoBackend(bundle.model_onnx).infer(*given)
        found = gpu.infer(*given)
        np.testing.assert_allclose(found.probability, expected.probability, atol=0.02)
        np.testing.assert_allclose(found.log_diameter, expected.log_diameter, atol=0.02)
    gpu.close()
