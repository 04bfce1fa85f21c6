"""A network's weights in a bundle, so that another training can start from them."""

from __future__ import annotations

import io

import numpy as np
import torch

from ...inference.bundle import WEIGHTS, EngineBundle
from ...stream.errors import UserError
from ..learning.architectures import Network


def packed_weights(network: Network) -> bytes:
    """Return the weights as NPZ, kernels and matrices in half precision: good to start from.

    Vectors stay as they are, since variances of channels may be beyond half precision.
    """
    arrays = {
        name: (value.half() if value.dim() > 1 else value).cpu().numpy()
        for name, value in network.state_dict().items()
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def weights_of(bundle: EngineBundle) -> dict[str, torch.Tensor]:
    """Return the weights of an engine, to start a training from.

    Raises
    ------
    UserError
        The bundle has none.
    """
    content = bundle.files.get(WEIGHTS)
    if content is None:
        raise UserError(f"The engine {bundle.engine_id} brings no weights to start from.")
    return unpacked(content)


def unpacked(content: bytes) -> dict[str, torch.Tensor]:
    """Return what `packed_weights` has packed, in single precision."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        values = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    return {
        name: value.float() if value.is_floating_point() else value
        for name, value in values.items()
    }
