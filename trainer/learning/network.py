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
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import nn

from ...inference.deconvolution import DECONVOLVED
from ...inference.frame_parts import BINNING
from ...inference.told import OPTICS, TOLD
from .frame_context import FrameContext
from .levels import Level, answer_nothing

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
    frame_context
        Whether each place is told what the frame's skyrmions have in common, see `FrameContext`.
    """

    is_told = True
    told_middle: torch.Tensor
    told_scale: torch.Tensor

    def __init__(
        self,
        widths: Sequence[int] = (16, 48, 96, 160),
        block: int = 4,
        refinements: Sequence[int] = (),
        frame_context: bool = False,
    ) -> None:
        super().__init__()
        counts = [*refinements, *(len(widths) - len(refinements)) * [0]]
        self.size_multiple = block * 2 ** (len(widths) - 1)
        self.size_block = block
        self.widths, first = list(widths), widths[0]
        self.refinements = counts
        sides = [block * 2**level for level in range(len(widths))]
        # a pixel sees so far, beside its frame's context: convolutions down and up, and the
        # coarsest block that it lies in
        self.reach = sides[0] + 2 * sum(sides[1:]) + sum(sides[:-1]) + sides[-1]
        refined = [side * count for side, count in zip(sides, counts, strict=True)]
        self.reach += sum(refined) + sum(refined[:-1]) + (block if frame_context else 0)
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
        self.frame_context = FrameContext(self.widths[::-1]) if frame_context else None
        self._modulated = _modulated(widths, counts, frame_context)
        answers = nn.Linear(64, 2 * sum(self._modulated.values()))
        answer_nothing(answers)
        answer_nothing(self.size_head)
        self.know = nn.Sequential(nn.Linear(OPTICS + 2, 64), nn.LeakyReLU(0.01), answers)

    def begin_from(self, weights: dict[str, torch.Tensor]) -> None:
        """Load a state, or that of a network with fewer refinements or without a frame's context.

        It then gives the answers of that network.

        Raises
        ------
        RuntimeError
            It is the state of another network.
        """
        own = self.state_dict()
        counts = [
            sum(f"down.{level}.refinements.{n}.answer.weight" in weights for n in range(count))
            for level, count in enumerate(self.refinements)
        ]
        has_context = any(name.startswith("frame_context.") for name in weights)
        theirs = _modulated(self.widths, counts, has_context)
        begun = {name: value for name, value in own.items() if _may_be_new(name)} | weights
        for name in (f"know.{len(self.know) - 1}.{kind}" for kind in ("weight", "bias")):
            if name in weights and len(weights[name]) == 2 * sum(theirs.values()):
                parts = _by_name(own[name], self._modulated) | _by_name(weights[name], theirs)
                begun[name] = torch.cat([parts[each] for each in self._modulated])
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
        of = _by_name(modulations.to(x.dtype), self._modulated, dim=1)

        def refined(name: str, level: nn.Module, x: torch.Tensor) -> torch.Tensor:
            own = [of[which] for which in of if which == name or which.startswith(f"{name}.")]
            return level(x, own)

        skipped = []
        for depth, level in enumerate(self.down):
            if depth:
                x = self.pool(x)
            x = refined(f"down.{depth}", level, x)
            skipped.append(x)
        maps = [x]
        for number, (rise, level) in enumerate(zip(self.rise, self.up, strict=True)):
            x = refined(f"up.{number}", level, skipped[-2 - number] + rise(x))
            maps.append(x)
        if self.frame_context is not None:
            core = torch.sigmoid(self.head(x).detach()[:, self.size_block**2 :])
            x = self.frame_context(maps, core.mean(dim=1, keepdim=True), of["frame_context"])
        return x

    def maps(self, folded: torch.Tensor, sizes: torch.Tensor, sense: torch.Tensor) -> Maps:
        """Return the maps from what the heads give and the sense of size."""
        frame_size = _size_of(sense)
        # a skyrmion is as large as the frame's others, until its surroundings say otherwise
        sizes = sizes.to(frame_size.dtype) + frame_size.detach()[:, :, None, None]
        return Maps(self.unfold(folded), _limited(sizes), _limited(frame_size))


def _modulated(
    widths: Sequence[int], refinements: Sequence[int], frame_context: bool
) -> dict[str, int]:
    """Return the channels of all that is modulated, by name, as the answers of `know` lie."""
    levels = {f"down.{level}": width for level, width in enumerate(widths)}
    levels |= {f"up.{number}": width for number, width in enumerate(widths[-2::-1])}
    counts = [*refinements, *refinements[-2::-1]]
    further = {
        f"{level}.refinements.{number}": width
        for (level, width), count in zip(levels.items(), counts, strict=True)
        for number in range(count)
    }
    return levels | further | ({"frame_context": widths[0]} if frame_context else {})


def _by_name(
    answers: torch.Tensor, modulated: dict[str, int], dim: int = 0
) -> dict[str, torch.Tensor]:
    """Return the scales and shifts of each."""
    parts = answers.split([2 * width for width in modulated.values()], dim=dim)
    return dict(zip(modulated, parts, strict=True))


def _may_be_new(name: str) -> bool:
    """Say whether a network may lack what is called so, and gives the same answers with it."""
    return ".refinements." in name or name.startswith("frame_context.")


def size_sense() -> nn.Sequential:
    """Return layers with random weights that sense a frame's size in what `scaled` gives."""
    sensed = nn.Linear(_SENSE, 2)
    answer_nothing(sensed)
    return nn.Sequential(
        *(nn.Linear(TOLD, _SENSE), nn.GELU(), nn.Dropout(_SENSE_DROPOUT)),
        *(nn.Linear(_SENSE, _SENSE), nn.GELU(), nn.Dropout(_SENSE_DROPOUT)),
        sensed,
    )


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
