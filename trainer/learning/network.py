"""The segmentation network: a U-Net on blocks of pixels that is told defocus and tilt.

A Lorentz image at millimetres of defocus holds nothing finer than a few pixels, so the first layer
folds blocks of pixels into channels (space to depth) and the last unfolds them again. All the work
in between is done on a fraction of the positions, which makes the network many times faster than
the paper's at the same number of filters, and its maps still have every pixel.

Defocus and tilt scale and shift the channels of every level (feature-wise linear modulation, Perez
et al., AAAI 2018), so that one network serves a range of imaging conditions.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

LOG_SIGMA_LIMITS = (-4.5, 1.0)
"""Of the spread of ln(diameter): 1 % to a factor of e."""


class Maps(NamedTuple):
    """What a network makes of a batch of images.

    Attributes
    ----------
    logits
        Of mask and core, shape (batch, 2, height, width).
    log_diameter
        Mean and log of the standard deviation of ln(diameter / nm) of the skyrmion at a place,
        shape (batch, 2, height / block, width / block); None from a network that does not size.
    features
        Mean of the deepest level over the image, shape (batch, channels); None likewise.
    """

    logits: torch.Tensor
    log_diameter: torch.Tensor | None
    features: torch.Tensor | None


class _Convolutions(nn.Module):
    """Two convolutions; the second one's channels may be scaled and shifted."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels_out)
        self.second = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels_out)
        self.activation = nn.LeakyReLU(0.01, inplace=True)

    def forward(self, x: torch.Tensor, modulation: torch.Tensor | None = None) -> torch.Tensor:
        x = self.activation(self.first_norm(self.first(x)))
        x = self.second_norm(self.second(x))
        if modulation is not None:
            scale, shift = modulation[:, :, None, None].chunk(2, dim=1)
            x = x * (1 + scale) + shift
        return self.activation(x)


class SkyrmNet(nn.Module):
    """U-Net with space-to-depth input, maps of mask, core and size, told the optics.

    Parameters
    ----------
    filters
        Channels of the first level, doubled at each of the `levels` - 1 poolings.
    block
        Side of the pixel blocks folded into channels.
    """

    takes_optics = True
    optics_middle: torch.Tensor
    optics_scale: torch.Tensor

    def __init__(self, filters: int = 24, levels: int = 4, block: int = 4) -> None:
        super().__init__()
        self.size_multiple = block * 2 ** (levels - 1)
        self.size_block = block
        self.widths = [filters * 2**level for level in range(levels)]
        self.fold = nn.PixelUnshuffle(block)
        self.down = nn.ModuleList(
            _Convolutions(before, after)
            for before, after in zip([block**2, *self.widths[:-1]], self.widths, strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(deep, shallow, 2, stride=2)
            for deep, shallow in zip(self.widths[:0:-1], self.widths[-2::-1], strict=True)
        )
        self.join = nn.ModuleList(_Convolutions(2 * width, width) for width in self.widths[-2::-1])
        self.head = nn.Conv2d(filters, 2 * block**2, 1)
        self.size_head = nn.Conv2d(filters, 2, 1)
        # 30 nm within a third, until it knows better
        self.size_head.bias = nn.Parameter(torch.tensor([3.4, -1.0]))
        self.unfold = nn.PixelShuffle(block)
        # defocus in mm and tilt in degrees, brought to the order of one
        self.register_buffer("optics_middle", torch.tensor([-2.0, 20.0]))
        self.register_buffer("optics_scale", torch.tensor([1.0, 10.0]))
        modulations = nn.Linear(32, 2 * sum(self.widths))
        nn.init.zeros_(modulations.weight)
        nn.init.zeros_(modulations.bias)
        self.modulate = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.01), modulations)

    def centre_optics(self, defocus_mm: tuple[float, float], tilt_deg: tuple[float, float]) -> None:
        """Say between which defocus and which tilt the network is to work, before training."""
        ends = torch.tensor([sorted(defocus_mm), sorted(tilt_deg)])
        self.optics_middle.copy_(ends.mean(dim=1))
        self.optics_scale.copy_((ends[:, 1] - ends[:, 0]).clamp(min=0.1) / 2)

    def covers(self, defocus_mm: tuple[float, float], tilt_deg: tuple[float, float]) -> bool:
        """Say whether the network's ranges of defocus and tilt hold these."""
        ends = torch.tensor([sorted(defocus_mm), sorted(tilt_deg)]).T
        off = ((ends - self.optics_middle) / self.optics_scale).abs()
        return bool((off <= 1 + 1e-3).all())

    def forward(self, image: torch.Tensor, optics: torch.Tensor) -> Maps:
        """Return the maps of normalised images.

        Parameters
        ----------
        image
            Shape (batch, 1, height, width), both sides multiples of `size_multiple`.
        optics
            Defocus in mm (negative is underfocus) and tilt in degrees, shape (batch, 2).
        """
        told = self.modulate((optics - self.optics_middle) / self.optics_scale)
        modulations = told.split([2 * width for width in self.widths], dim=1)
        x = self.fold(image)
        skipped = []
        for level, (convolutions, modulation) in enumerate(
            zip(self.down, modulations, strict=True)
        ):
            if level:
                x = self.pool(x)
            x = convolutions(x, modulation)
            skipped.append(x)
        features = x.mean(dim=(2, 3))
        for up, join, skip in zip(self.up, self.join, reversed(skipped[:-1]), strict=True):
            x = join(torch.cat([skip, up(x)], dim=1))
        mean, log_sigma = self.size_head(x).split(1, dim=1)
        sizes = torch.cat([mean, log_sigma.clamp(*LOG_SIGMA_LIMITS)], dim=1)
        return Maps(self.unfold(self.head(x)), sizes, features)
