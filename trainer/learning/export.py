"""The trained network as ONNX, the form that engines are built from."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from torch import nn

from .network import SkyrmNet


class _Probabilities(nn.Module):
    def __init__(self, network: SkyrmNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.network(image))


def to_onnx(network: SkyrmNet) -> bytes:
    """Return a model with input `image` (batch, 1, height, width) and output `probability`.

    Output shape is (batch, 2, height, width); batch, height and width are free, the last two
    multiples of `network.size_multiple`.
    """
    model = _Probabilities(network).eval().cpu()
    # free sizes must not be 0 or 1 in the example, or the exporter takes them for constants
    example = torch.zeros(2, 1, 4 * network.size_multiple, 6 * network.size_multiple)
    height = torch.export.Dim("rows", min=1) * network.size_multiple
    width = torch.export.Dim("columns", min=1) * network.size_multiple
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            model,
            (example,),
            path,
            input_names=["image"],
            output_names=["probability"],
            dynamic_shapes={"image": {0: torch.export.Dim("batch"), 2: height, 3: width}},
            external_data=False,
            dynamo=True,
            verbose=False,
        )
        return path.read_bytes()
