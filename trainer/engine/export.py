"""The trained network as ONNX, the form that engines are built from."""

from __future__ import annotations

import copy
import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from ...inference.backends.backend import input_shapes
from ...inference.frame_parts import BINNING
from ..learning.architectures import Network
from ..learning.half_precision import halve
from ..learning.network import SkyrmNet
from ..learning.two_looks import TwoLooks


class _Outputs(nn.Module):
    """The network with probabilities for logits, and only what it has."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        image: torch.Tensor,
        told: torch.Tensor | None = None,
        deconvolved: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, ...]:
        maps = self.network(image, told, deconvolved)
        outputs = torch.sigmoid(maps.logits).float(), maps.log_diameter
        return tuple(each for each in outputs if each is not None)


def to_onnx(network: Network, *, half: bool = False, looks: int = 1) -> bytes:
    """Return a model with the inputs and outputs that `OpenVinoBackend` asks for.

    Batch, height and width are free, the last two multiples of `network.size_multiple`.

    Parameters
    ----------
    half
        Convolutions in half precision, for GPUs; inputs and outputs are float32 all the same. Only
        of a `SkyrmNet`.
    looks
        2 for the mean of the answers to an image and its mirror image, see `TwoLooks`; likewise.
    """
    network = copy.deepcopy(network)
    whole: nn.Module = network
    if half or looks == 2:
        assert isinstance(network, SkyrmNet)
        if half:
            halve(network)
        if looks == 2:
            whole = TwoLooks(network)
    model = _Outputs(whole).eval().cpu()
    # free sizes must not be 0 or 1 in the example, or the exporter takes them for constants
    sides = 4 * network.size_multiple, 6 * network.size_multiple
    examples = {name: torch.zeros(shape) for name, shape in input_shapes(2, *sides).items()}
    batch = torch.export.Dim("batch")
    rows, columns = torch.export.Dim("rows", min=1), torch.export.Dim("columns", min=1)
    multiple = network.size_multiple
    shapes: list[dict[int, Any]] = [{0: batch, 2: rows * multiple, 3: columns * multiple}]
    if network.is_told:
        binned = multiple // BINNING
        shapes += [{0: batch}, {0: batch, 2: rows * binned, 3: columns * binned}]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # the exporter speaks of its own workings
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            model,
            tuple(examples.values())[: len(shapes)],
            path,
            input_names=list(examples)[: len(shapes)],
            output_names=["probability", "log_diameter"][: 2 if network.is_told else 1],
            dynamic_shapes=tuple(shapes),
            external_data=False,
            dynamo=True,
            verbose=False,
        )
        exported = onnx.load(path)
    _remove_traces(exported)
    _store_weights_in_half(exported)
    return exported.SerializeToString()


def _store_weights_in_half(model: onnx.ModelProto) -> None:
    """Keep kernels and matrices in half precision, which is enough and half as large.

    What computes in float32 brings them to it when it loads the model.
    """
    graph = model.graph
    casts = []
    for weights in graph.initializer:
        if len(weights.dims) < 2 or weights.data_type != onnx.TensorProto.FLOAT:
            continue
        stored = f"{weights.name}_in_half"
        cast = onnx.helper.make_node("Cast", [stored], [weights.name], to=weights.data_type)
        casts.append(cast)
        values = onnx.numpy_helper.to_array(weights).astype(np.float16)
        weights.CopyFrom(onnx.numpy_helper.from_array(values, stored))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _remove_traces(model: onnx.ModelProto) -> None:
    """Remove what the exporter notes of the code and the folders that it ran in."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        del part.metadata_props[:]
        part.ClearField("doc_string")
