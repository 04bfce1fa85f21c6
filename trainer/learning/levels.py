"""What the levels of the network are made of: convolutions, norms, and what is told of an image."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


class Level(nn.Module):
    """Convolutions at one resolution, the last one's channels scaled and shifted; refinements."""

    def __init__(self, *channels: int, refinements: int = 0) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1, bias=False)
            for before, after in pairwise(channels)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(after) for after in channels[1:])
        self.refinements = nn.ModuleList(Refinement(channels[-1]) for _ in range(refinements))
        self.activation = nn.LeakyReLU(0.01, inplace=True)

    def forward(self, x: torch.Tensor, modulations: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return what it has: its modulation comes first, then those of its refinements."""
        first, *rest = modulations
        *others, last = zip(self.convolutions, self.norms, strict=True)
        for convolution, norm in others:
            x = self.activation(norm(convolution(x)))
        convolution, norm = last
        x = self.activation(modulated(norm(convolution(x)), first))
        for refinement, modulation in zip(self.refinements, rest, strict=True):
            x = refinement(x, modulation)
        return x


class Refinement(nn.Module):
    """Adds to its input what it makes of it; at first nothing, so that training can add it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.look: nn.Module = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(channels)
        self.activation = nn.LeakyReLU(0.01, inplace=True)
        self.answer = nn.Conv2d(channels, channels, 1)
        answer_nothing(self.answer)

    def forward(self, x: torch.Tensor, modulation: torch.Tensor) -> torch.Tensor:
        """Return the input and what is added to it."""
        return x + self.answer(self.activation(modulated(self.norm(self.look(x)), modulation)))


def modulated(x: torch.Tensor, modulation: torch.Tensor) -> torch.Tensor:
    """Return channels scaled and shifted, by a modulation of shape (batch, 2 * channels)."""
    scale, shift = modulation[:, :, None, None].chunk(2, dim=1)
    return x * (1 + scale) + shift


def answer_nothing(layer: nn.Linear | nn.Conv2d) -> None:
    """Let a layer begin with zeros."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
