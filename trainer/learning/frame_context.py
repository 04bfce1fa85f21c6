"""What the skyrmions of a frame have in common, told to each of them.

Most of what is not known of one skyrmion's size is not known of its whole frame: defocus, phase and
noise hide it of all alike. A place sees its surroundings only, and the sense of size nothing but
numbers of the frame. So the channels of all levels are averaged over the cores that the network has
found, and the average scales and shifts the channels of one more refinement (a squeeze and
excitation, Hu et al., CVPR 2018, of skyrmions only: how much of a frame is empty does not matter).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .levels import Refinement, answer_nothing, modulated

_HIDDEN = 64

_FEW = 1e-3
"""Share of an image, or less, that cores take where they hardly count."""


class FrameContext(nn.Module):
    """A refinement of the finest channels by what the cores of the frame are like on average.

    It begins with changing nothing, so that training can add it.

    Parameters
    ----------
    widths
        Channels of the maps that are averaged, the finest last.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        finest = widths[-1]
        self.refinement = Refinement(finest)
        answers = nn.Linear(_HIDDEN, 4 * finest)
        answer_nothing(answers)
        self.common = nn.Sequential(
            nn.LayerNorm(sum(widths)), nn.Linear(sum(widths), _HIDDEN), nn.GELU(), answers
        )

    def forward(
        self, maps: Sequence[torch.Tensor], core: torch.Tensor, modulation: torch.Tensor
    ) -> torch.Tensor:
        """Return the finest map, refined.

        Parameters
        ----------
        maps
            Of all levels, each finer than the one before by 2, or as fine.
        core
            The share of cores in each place of the finest, shape (batch, 1, rows, columns).
        modulation
            What the optics and the sense of size make of the refinement.
        """
        x = maps[-1]
        average = torch.cat([_average(each.float(), core.float()) for each in maps], dim=1)
        at_once, of_refinement = self.common(average).to(x.dtype).chunk(2, dim=1)
        return self.refinement(modulated(x, at_once), modulation + of_refinement)


def _average(x: torch.Tensor, core: torch.Tensor) -> torch.Tensor:
    """Return the mean of each channel over the cores, shape (batch, channels)."""
    step = core.shape[-1] // x.shape[-1]
    weight = nn.functional.avg_pool2d(core, step)
    return (x * weight).mean(dim=(2, 3)) / (weight.mean(dim=(2, 3)) + _FEW)
