"""A network that looks at an image and at its mirror image, and gives the mean of both answers.

A weak phase that is mirrored along the tilt axis, and reversed, is that of the mirrored film (of
Neel skyrmions; `examples.turned` says of which others), so that the image is mirrored and its
contrast inverted. A trained network's two answers differ by what blocks of pixels and chance make
of them, and their mean is nearer the truth (docs/decisions/0025).
"""

from __future__ import annotations

import torch
from torch import nn

from ...inference.frame_parts import BINNING
from .network import Maps, SkyrmNet


class TwoLooks(nn.Module):
    """A trained `SkyrmNet` as one network of twice the work; inputs and outputs are the same.

    Folding and convolutions of 1 x 1 stand at both ends of it, and mirroring comes inside of them:
    blocks are mirrored as they lie, pixels in a block by the order of the weights.
    """

    def __init__(self, network: SkyrmNet) -> None:
        super().__init__()
        self.network = network
        block = network.size_block
        # the deconvolved image shows where skyrmions are: it is not inverted
        self.stem = _reading_both(network.stem, block, -1.0)
        self.stem_deconvolved = _reading_both(network.stem_deconvolved, block // BINNING, 1.0)
        self.head = _giving_the_mean(network.head, block)
        self.size_head = _giving_the_mean(network.size_head, 1)

    def forward(self, image: torch.Tensor, told: torch.Tensor, deconvolved: torch.Tensor) -> Maps:
        """Return the mean of both answers; see `SkyrmNet.forward`."""
        network = self.network
        sense, modulations = network.knowledge(told)
        image_blocks, deconvolved_blocks = network.blocks(image, deconvolved)
        folded = self.stem(image_blocks) + self.stem_deconvolved(deconvolved_blocks)
        here, there = folded.chunk(2, dim=1)
        both = network.features(
            torch.cat([here, there.flip(-1)]), torch.cat([modulations, modulations])
        )
        count = image.shape[0]
        x = torch.cat([both[:count], both[count:].flip(-1)], dim=1)
        return network.maps(self.head(x), self.size_head(x), sense)


def _reading_both(stem: nn.Conv2d, block: int, sign: float) -> nn.Conv2d:
    """Return a stem that reads blocks of the image and, in its other half, of the mirror image."""
    weight = stem.weight.detach()
    mirrored = weight[:, _mirrored_channels(weight.shape[1], block)]
    result = nn.Conv2d(weight.shape[1], 2 * weight.shape[0], 1, bias=False)
    result.weight.data = torch.cat([weight, sign * mirrored])
    return result


def _giving_the_mean(head: nn.Conv2d, block: int) -> nn.Conv2d:
    """Return a head whose input has both answers' features, one after the other."""
    weight, bias = head.weight.detach(), head.bias
    assert bias is not None
    order = _mirrored_channels(weight.shape[0], block)
    result = nn.Conv2d(2 * weight.shape[1], weight.shape[0], 1)
    result.weight.data = torch.cat([weight, weight[order]], dim=1) / 2
    assert result.bias is not None
    result.bias.data = (bias.detach() + bias.detach()[order]) / 2
    return result


def _mirrored_channels(count: int, block: int) -> torch.Tensor:
    """Return the order that mirrors the pixels of a block, of `count` channels that were folded."""
    return torch.arange(count).reshape(-1, block, block).flip(-1).flatten()
