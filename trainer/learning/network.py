"""The segmentation network: a U-Net on blocks of pixels that is told what is known of an image.

A Lorentz image at millimetres of defocus holds nothing finer than a few pixels, so the first layer
folds blocks of pixels into channels (space to depth) and the last unfolds them again. All the work
in between is done on a fraction of the positions, which makes the network many times faster than
the paper's at the same number of filters, and its maps still have every pixel. Beside the image it
is given the same image deconvolved (docs/decisions/0017).

How large a frame's skyrmions are on average, and how surely, it estimates from the image's spectrum
before it looks anywhere (docs/decisions/0009). That, defocus, tilt and blur scale and shift the
channels of every level (feature-wise linear modulation, Perez et al., AAAI 2018), so that one
network serves a range of imaging conditions, and sees at each place what only the whole image
tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, pairwise
from typing import NamedTuple

import torch
from torch import nn

from ...inference.deconvolution import DECONVOLVED
from ...inference.frame_parts import BINNING
from ...inference.told import OPTICS, TOLD

LOG_SIGMA_LIMITS = (-4.5, 1.0)
"""Of the spread of ln(diameter): 1 % to a factor of e."""

_SENSE, _SENSE_DROPOUT = 256, 0.1
"""Width of the layers that estimate the frame's size, and the share that training leaves out."""

_SIZE_MIDDLE, _SIZE_SCALE = (3.3, -1.5), (0.3, 0.7)
"""Usual ln(diameter / nm) and log of its standard deviation, and how far they vary."""


class Maps(NamedTuple):
    """What a network makes of a batch of images.

    Attributes
    ----------
    logits
        Of mask and core, shape (batch, 2, height, width).
    log_diameter
        Mean and log of the standard deviation of ln(diameter / nm) of the skyrmion at a place,
        shape (batch, 2, height / block, width / block); None from a network that does not size.
    frame_size
        Mean and log of the standard deviation of the image's mean ln(diameter / nm), from the
        spectrum alone, shape (batch, 2); None likewise.
    """

    logits: torch.Tensor
    log_diameter: torch.Tensor | None = None
    frame_size: torch.Tensor | None = None


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
        x = self.activation(_modulate(norm(convolution(x)), first))
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
        _answer_nothing(self.answer)

    def forward(self, x: torch.Tensor, modulation: torch.Tensor) -> torch.Tensor:
        """Return the input and what is added to it."""
        return x + self.answer(self.activation(_modulate(self.norm(self.look(x)), modulation)))


def _modulate(x: torch.Tensor, modulation: torch.Tensor) -> torch.Tensor:
    """Return channels scaled and shifted, by a modulation of shape (batch, 2 * channels)."""
    scale, shift = modulation[:, :, None, None].chunk(2, dim=1)
    return x * (1 + scale) + shift


class SkyrmNet(nn.Module):
    """U-Net with space-to-depth input, maps of mask, core and size, told what is known.

    The first level has most of the positions and so most of the work: it is narrow and has one
    convolution on the way down and one on the way up, and what is skipped is added, not
    concatenated (docs/decisions/0005).

    Parameters
    ----------
    widths
        Channels of each level, the finest first; between two there is a pooling.
    block
        Side of the pixel blocks folded into channels.
    refinements
        Of each level, the finest first, how often it adds something to what it has, on the way down
        and on the way up; where there are fewer than levels, the deepest have none.
    """

    is_told = True
    told_middle: torch.Tensor
    told_scale: torch.Tensor

    def __init__(
        self,
        widths: Sequence[int] = (16, 48, 96, 160),
        block: int = 4,
        refinements: Sequence[int] = (),
    ) -> None:
        super().__init__()
        counts = [*refinements, *(len(widths) - len(refinements)) * [0]]
        self.size_multiple = block * 2 ** (len(widths) - 1)
        self.size_block = block
        self.widths, first = list(widths), widths[0]
        sides = [block * 2**level for level in range(len(widths))]
        # a pixel sees so far: convolutions down and up, and the coarsest block that it lies in
        self.reach = sides[0] + 2 * sum(sides[1:]) + sum(sides[:-1]) + sides[-1]
        refined = [side * count for side, count in zip(sides, counts, strict=True)]
        self.reach += sum(refined) + sum(refined[:-1])
        self.fold = nn.PixelUnshuffle(block)
        self.fold_deconvolved = nn.PixelUnshuffle(block // BINNING)
        self.stem = nn.Conv2d(block**2, first, 1, bias=False)
        self.stem_deconvolved = nn.Conv2d(
            DECONVOLVED * (block // BINNING) ** 2, first, 1, bias=False
        )
        self.begin = nn.Sequential(
            nn.BatchNorm2d(first),
            nn.LeakyReLU(0.01, inplace=True),
        )
        channels = [(first, first), *((above, width, width) for above, width in pairwise(widths))]
        self.down = nn.ModuleList(
            Level(*each, refinements=count) for each, count in zip(channels, counts, strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.rise = nn.ModuleList(
            nn.ConvTranspose2d(deep, shallow, 2, stride=2)
            for deep, shallow in pairwise(reversed(self.widths))
        )
        self.up = nn.ModuleList(
            Level(width, width, refinements=count)
            for width, count in zip(widths[-2::-1], counts[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(first, 2 * block**2, 1)
        self.size_head = nn.Conv2d(first, 2, 1)
        self.unfold = nn.PixelShuffle(block)
        # what is told, brought to the order of one
        self.register_buffer("told_middle", torch.zeros(TOLD))
        self.register_buffer("told_scale", torch.ones(TOLD))
        self.size_sense = size_sense()
        # of every level, down and up, and then of its refinements: see `begin_from`
        self._refined = [*counts, *counts[-2::-1]]
        self._modulated = [*self.widths, *self.widths[-2::-1]]
        for width, count in list(zip(self._modulated, self._refined, strict=True)):
            self._modulated += count * [width]
        answers = nn.Linear(64, 2 * sum(self._modulated))
        _answer_nothing(answers)
        _answer_nothing(self.size_head)
        self.know = nn.Sequential(nn.Linear(OPTICS + 2, 64), nn.LeakyReLU(0.01), answers)

    def begin_from(self, weights: dict[str, torch.Tensor]) -> None:
        """Load a state, or that of a network without refinements, whose answers it then gives.

        Raises
        ------
        RuntimeError
            It is the state of another network.
        """
        own = self.state_dict()
        begun = {name: value for name, value in own.items() if ".refinements." in name} | weights
        for name in (f"know.{len(self.know) - 1}.{kind}" for kind in ("weight", "bias")):
            if name in weights:
                more = own[name][len(weights[name]) :]
                begun[name] = torch.cat([weights[name].to(more), more])
        self.load_state_dict(begun)

    def scale_told(self, middle: torch.Tensor, scale: torch.Tensor) -> None:
        """Set the usual value and spread of everything that is told, shape (TOLD,) each."""
        self.told_middle.copy_(middle)
        self.told_scale.copy_(scale)

    def scaled(self, told: torch.Tensor) -> torch.Tensor:
        """Return what is told, shape (batch, TOLD), brought to the order of one."""
        # further off than any frame of the training set, a number tells nothing more
        return ((told - self.told_middle) / self.told_scale).clamp(-4, 4)

    def forward(self, image: torch.Tensor, told: torch.Tensor, deconvolved: torch.Tensor) -> Maps:
        """Return the maps of normalised images.

        Parameters
        ----------
        image
            Shape (batch, 1, height, width), both sides multiples of `size_multiple`.
        told
            Shape (batch, TOLD), see `inference.told`.
        deconvolved
            Of the images, shape (batch, DECONVOLVED, height / 2, width / 2), see
            `inference.deconvolution`.
        """
        sense, modulations = self.knowledge(told)
        image_blocks, deconvolved_blocks = self.blocks(image, deconvolved)
        folded = self.stem(image_blocks) + self.stem_deconvolved(deconvolved_blocks)
        x = self.features(folded, modulations)
        return self.maps(self.head(x), self.size_head(x), sense)

    def blocks(
        self, image: torch.Tensor, deconvolved: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both folded into blocks, as the stems read them."""
        # the convolutions may be in half precision; what is a number a frame never is
        kind = self.stem.weight.dtype
        return self.fold(image.to(kind)), self.fold_deconvolved(deconvolved.to(kind))

    def knowledge(self, told: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the sense of size, (batch, 2), and what it and the optics make of all channels."""
        known = self.scaled(told)
        sense = self.size_sense(known)
        # the rest takes the estimate as it is: it is to be the best one, not a convenient one
        return sense, self.know(torch.cat([known[:, :OPTICS], sense.detach()], dim=1))

    def features(self, folded: torch.Tensor, modulations: torch.Tensor) -> torch.Tensor:
        """Return what the heads read, from folded images behind the stems."""
        x = self.begin(folded)
        each = modulations.to(x.dtype).split([2 * width for width in self._modulated], dim=1)
        further = iter(each[len(self._refined) :])
        shares = [
            [one, *islice(further, count)] for one, count in zip(each, self._refined, strict=False)
        ]
        down, up = shares[: len(self.down)], shares[len(self.down) :]
        skipped = []
        for depth, (level, share) in enumerate(zip(self.down, down, strict=True)):
            if depth:
                x = self.pool(x)
            x = level(x, share)
            skipped.append(x)
        for rise, level, skip, share in zip(
            self.rise, self.up, reversed(skipped[:-1]), up, strict=True
        ):
            x = level(skip + rise(x), share)
        return x

    def maps(self, folded: torch.Tensor, sizes: torch.Tensor, sense: torch.Tensor) -> Maps:
        """Return the maps from what the heads give and the sense of size."""
        frame_size = _size_of(sense)
        # a skyrmion is as large as the frame's others, until its surroundings say otherwise
        sizes = sizes.to(frame_size.dtype) + frame_size.detach()[:, :, None, None]
        return Maps(self.unfold(folded), _limited(sizes), _limited(frame_size))


def size_sense() -> nn.Sequential:
    """Return layers with random weights that sense a frame's size in what `scaled` gives."""
    sensed = nn.Linear(_SENSE, 2)
    _answer_nothing(sensed)
    return nn.Sequential(
        *(nn.Linear(TOLD, _SENSE), nn.GELU(), nn.Dropout(_SENSE_DROPOUT)),
        *(nn.Linear(_SENSE, _SENSE), nn.GELU(), nn.Dropout(_SENSE_DROPOUT)),
        sensed,
    )


def _answer_nothing(layer: nn.Linear | nn.Conv2d) -> None:
    """Let a layer begin with zeros."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)


def frame_size_of(sense: torch.Tensor) -> torch.Tensor:
    """Return `Maps.frame_size` from what a `size_sense` has sensed, shape (batch, 2)."""
    return _limited(_size_of(sense))


def _size_of(sense: torch.Tensor) -> torch.Tensor:
    """Return mean and log standard deviation of ln(diameter / nm) from numbers of order one."""
    return sense * sense.new_tensor(_SIZE_SCALE) + sense.new_tensor(_SIZE_MIDDLE)


def _limited(size: torch.Tensor) -> torch.Tensor:
    """Return mean and log standard deviation, shape (batch, 2, ...), the latter within limits."""
    mean, log_sigma = size.split(1, dim=1)
    return torch.cat([mean, log_sigma.clamp(*LOG_SIGMA_LIMITS)], dim=1)
