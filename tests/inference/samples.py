"""A small real engine, and images of blobs with known places.

The network is a real ONNX model on the real path: a Gaussian blur and two soft thresholds, the
lower one for the mask, the higher one for the core.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from skyrmlive.inference.backends.backend import input_shapes
from skyrmlive.inference.condition import Envelope, ImagingCondition, Range
from skyrmlive.inference.told import TOLD

CONDITION = ImagingCondition(
    name="tiny",
    description="bright blobs, found by two thresholds",
    voltage_kv=200,
    defocus_nm=-2e6,
    tilt_deg=20,
    pixel_size_nm=3,
    spherical_aberration_nm=2e5,
    beam_convergence_rad=1e-5,
    defocus_spread_nm=80,
    envelope=Envelope(
        voltage_kv=Range(low=190, high=210),
        defocus_nm=Range(low=-2.2e6, high=-1.8e6),
        tilt_deg=Range(low=18, high=22),
        pixel_size_nm=Range(low=2.5, high=3.5),
        noise_percent=Range(low=0, high=100),
    ),
    mask_definition="lower threshold",
    size_multiple=32,
    seam_margin=16,
)


def network_inputs(
    rng: np.random.Generator, count: int, height: int, width: int
) -> dict[str, np.ndarray]:
    """Return noise for every input that a network may have."""
    shapes = input_shapes(count, height, width)
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def tiny_model() -> bytes:
    """Return the ONNX model: Conv (Gaussian of 1.5 px), Conv (two gains and biases), Sigmoid."""
    return serialised("tiny", *_thresholds())


def sizing_model(numbers_told: int = TOLD) -> bytes:
    """Return that model with sizes within 5 % times -defocus / mm."""
    nodes, weights = _thresholds()
    weights |= {
        "pick": -np.eye(numbers_told, 2, 1, dtype=np.float32),
        "scale": np.array([1.0, 0.05], np.float32),
        "floor": np.array([40.0, 1e-9], np.float32),
        "axes": np.array([2, 3], np.int64),
    }
    nodes += [
        # (0, -defocus) * (1, 0.05) + (40, 0), and the logarithm of both
        helper.make_node("MatMul", ["told", "pick"], ["picked"]),
        helper.make_node("Mul", ["picked", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "floor"], ["sizes"]),
        helper.make_node("Log", ["sizes"], ["log sizes"]),
        helper.make_node("Unsqueeze", ["log sizes", "axes"], ["one value"]),
        helper.make_node("AveragePool", ["image"], ["blocks"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Sub", ["blocks", "blocks"], ["nothing"]),
        helper.make_node("Add", ["one value", "nothing"], ["log_diameter"]),
    ]
    return serialised("sizing", nodes, weights, numbers_told)


def _thresholds() -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    y, x = np.mgrid[-4:5, -4:5]
    blur = np.exp(-(x**2 + y**2) / (2 * 1.5**2))
    weights = {
        "blur": (blur / blur.sum())[None, None].astype(np.float32),
        "gain": np.full((2, 1, 1, 1), 6.0, np.float32),
        "bias": np.array([-6.0 * 0.5, -6.0 * 1.6], np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["image", "blur"], ["smooth"], auto_pad="SAME_UPPER"),
        helper.make_node("Conv", ["smooth", "gain", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["probability"]),
    ]
    return nodes, weights


def serialised(
    name: str, nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], numbers_told: int = 0
) -> bytes:
    """Return these nodes as a checked ONNX model, with the inputs and outputs of an engine.

    One that is told something sizes, too.
    """

    def port(name: str, *shape: int | str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    inputs = [port("image", "n", 1, "h", "w")]
    outputs = [port("probability", "n", 2, "h", "w")]
    if numbers_told:
        inputs.append(port("told", "n", numbers_told))
        outputs += [port("log_diameter", "n", 2, "rows", "columns")]
    graph = helper.make_graph(
        nodes,
        name,
        inputs,
        outputs,
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def blobs(
    shape: tuple[int, int], points: np.ndarray, radius: float | np.ndarray = 6.0
) -> np.ndarray:
    """Return an image of Gaussian blobs at (x, y) on a ground of 100, 40 high; float64."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = np.zeros(shape)
    for px, py in np.asarray(points, float):
        image = np.maximum(image, np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * radius**2)))
    return 100 + 40 * image


def triangular(spacing: float, shape: tuple[int, int], margin: float) -> np.ndarray:
    """Return the points (x, y) of a triangular lattice inside a frame."""
    height, width = shape
    rows = np.arange(margin, height - margin, spacing * np.sqrt(3) / 2)
    points = [
        (x, y)
        for i, y in enumerate(rows)
        for x in np.arange(margin + (i % 2) * spacing / 2, width - margin, spacing)
    ]
    return np.array(points)
