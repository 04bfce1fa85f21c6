"""The network of McCray et al., APL Mach. Learn. 2, 026120 (2024), to compare with.

A U-Net on every pixel with three poolings and 16 filters first, of the layers that the authors
published: one convolution on the outermost level, two on the next two, three on the deepest, each
followed by LeakyReLU and batch normalisation; on the way up a transposed convolution and one of a
single pixel. The one thing that is not theirs is a second output map, the core, without which
there are no instances.
"""

from __future__ import annotations

import torch
from torch import nn

from .network import Maps

_LAYERS = (1, 2, 2, 3)
"""Convolutions of each level on the way down; on the way up as on the way down."""


def _convolutions(layers: int, channels_in: int, channels_out: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    for layer in range(layers):
        parts += [
            nn.Conv2d(channels_out if layer else channels_in, channels_out, 3, padding=1),
            nn.LeakyReLU(0.01),
            nn.BatchNorm2d(channels_out),
        ]
    return nn.Sequential(*parts)


def _upsampling(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(channels_in, channels_in, 3, stride=2, padding=1, output_padding=1),
        nn.Conv2d(channels_in, channels_out, 1),
    )


class PaperNet(nn.Module):
    """U-Net with maps of mask and core; it is told nothing and does not size."""

    is_told = False
    size_block = None

    def __init__(self, filters: int = 16) -> None:
        super().__init__()
        widths = [filters * 2**level for level in range(len(_LAYERS))]
        self.size_multiple = 2 ** (len(_LAYERS) - 1)
        sides = [2**level for level in range(len(_LAYERS))]
        # a pixel sees so far: convolutions down and up, transposed ones, and the coarsest block
        self.reach = (
            sum(layers * side for layers, side in zip(_LAYERS, sides, strict=True))
            + sum((layers + 1) * side for layers, side in zip(_LAYERS, sides[:-1], strict=False))
            + 2 * sides[-1]
        )
        self.down = nn.ModuleList(
            _convolutions(layers, before, after)
            for layers, before, after in zip(_LAYERS, [1, *widths[:-1]], widths, strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        upwards = list(zip(_LAYERS[-2::-1], widths[:0:-1], widths[-2::-1], strict=True))
        self.up = nn.ModuleList(_upsampling(deep, shallow) for _, deep, shallow in upwards)
        self.join = nn.ModuleList(
            _convolutions(layers, 2 * shallow, shallow) for layers, _, shallow in upwards
        )
        self.head = nn.Conv2d(filters, 2, 1)

    def begin_from(self, weights: dict[str, torch.Tensor]) -> None:
        """Load a state; raise RuntimeError if it is another network's."""
        self.load_state_dict(weights)

    def forward(
        self,
        image: torch.Tensor,
        told: torch.Tensor | None = None,
        deconvolved: torch.Tensor | None = None,
    ) -> Maps:
        """Return the maps of normalised images (batch, 1, height, width); the rest is not used."""
        x = image
        skipped = []
        for level, convolutions in enumerate(self.down):
            if level:
                x = self.pool(x)
            x = convolutions(x)
            skipped.append(x)
        for up, join, skip in zip(self.up, self.join, reversed(skipped[:-1]), strict=True):
            x = join(torch.cat([skip, up(x)], dim=1))
        return Maps(self.head(x))
