"""A trained network in half precision, for GPUs."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .levels import Level, Refinement
from .network import SkyrmNet


def halve(network: SkyrmNet) -> None:
    """Bring the convolutions to half precision, in place; of a network that learns no more.

    Norms are taken into the convolutions before them. There a convolution is as good at any scale,
    and the longer it has learned the larger it is: the variance of what it gives no longer fits
    into half precision (docs/decisions/0036).
    """
    network.eval()
    for level in (*network.down, *network.up):
        assert isinstance(level, Level)
        for number, pair in enumerate(zip(level.convolutions, level.norms, strict=True)):
            level.convolutions[number], level.norms[number] = _fused(*pair), nn.Identity()
        for refinement in level.refinements:
            _fuse(refinement)
    parts = [network.stem, network.stem_deconvolved, network.begin, network.down, network.rise]
    if network.frame_context is not None:
        _fuse(network.frame_context.refinement)
        parts.append(network.frame_context.refinement)  # averages stay in single precision
    for part in (*parts, network.up, network.head, network.size_head):
        part.half()


def _fuse(refinement: nn.Module) -> None:
    assert isinstance(refinement, Refinement)
    refinement.look = _fused(refinement.look, refinement.norm)
    refinement.norm = nn.Identity()


def _fused(convolution: nn.Module, norm: nn.Module) -> nn.Module:
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    return fuse_conv_bn_eval(convolution, norm)
