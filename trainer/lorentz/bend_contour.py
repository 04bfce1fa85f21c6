"""A bend contour across a film, as a crystal that is not quite flat shows one.

Where a bent crystal passes through a Bragg condition, it diffracts: in the transmitted beam a dark
band follows the line of that orientation. Across the band the film is treated column by column as
a two-beam crystal (Howie and Whelan, Proc. R. Soc. A 263, 217, 1961; no absorption) with excitation
error s, extinction distance xi and thickness t:

    psi_0 = e^(i pi s t) [cos(pi sigma t) - i (s / sigma) sin(pi sigma t)],
    sigma^2 = s^2 + 1 / xi^2.

The band itself is phenomenological. Its course is random, not that of a bent plate; s xi grows by
1 over `width_nm` at its middle and as a tangent far from it, so that the film stays periodic; there
is one reflection, where real contours come as pairs +g and -g and cross. The diffracted beam is
lost: at a defocus of millimetres it falls micrometres aside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from .random_fields import random_stream, smooth_fields

# how often a band winds round the periodic film along x and y
_COURSES = ((1, 0), (0, 1), (1, 1), (1, -1))


class BendContour(NamedTuple):
    """What a bent film does to the transmitted wave; both of shape (batch, ny, nx).

    Attributes
    ----------
    amplitude
        Relative to the incident wave, 0 to 1.
    phase
        Radians, to add to the film's.
    """

    amplitude: torch.Tensor
    phase: torch.Tensor

    def within(self, around: tuple[int, int]) -> BendContour:
        """Return it for a film in so many cells of vacuum above and below, left and right."""
        down, across = around
        margin = (across, across, down, down)
        return BendContour(
            nn.functional.pad(self.amplitude, margin, value=1.0),
            nn.functional.pad(self.phase, margin),
        )


def two_beam(deviation: torch.Tensor, thickness: float) -> torch.Tensor:
    """Return the transmitted wave psi_0, complex, shape of `deviation`.

    Parameters
    ----------
    deviation, thickness
        s xi and t / xi.
    """
    size = deviation.abs()
    sigma = torch.sqrt(size**2 + 1)
    # The module's formula as its two Bloch waves, so that large deviations cancel exactly.
    weight = 0.5 / (sigma * (sigma + size))
    slow = math.pi * thickness / (sigma + size)
    fast = math.pi * thickness * (sigma + size)
    real = (1 - weight) * torch.cos(slow) + weight * torch.cos(fast)
    imaginary = weight * torch.sin(fast) - (1 - weight) * torch.sin(slow)
    return torch.complex(real, imaginary * torch.sign(deviation))


def bend_contour(
    shape: tuple[int, int],
    cell_size_nm: float,
    thickness_nm: float,
    extinction_distance_nm: float,
    width_nm: float,
    waviness_nm: float,
    seeds: Sequence[int],
    like: torch.Tensor,
) -> BendContour:
    """Return one band at a random place for each seed, periodic.

    Parameters
    ----------
    thickness_nm
        Along the beam.
    width_nm
        Distance from the middle of the band at which s xi = 1.
    waviness_nm
        Standard deviation of the band's course from a straight line.
    seeds
        One for each image.
    like
        Gives precision and device.
    """
    ny, nx = shape
    kwargs = {"dtype": torch.float64, "device": like.device}
    x = torch.arange(nx, **kwargs) / nx
    y = torch.arange(ny, **kwargs)[:, None] / ny
    waves = smooth_fields(shape, min(shape) / 4, seeds, "bend contour", torch.zeros((), **kwargs))
    turns, spacings_nm = [], []
    for seed in seeds:
        stream = random_stream(seed, "course of a bend contour", torch.device("cpu"))
        number = int(torch.randint(len(_COURSES), (), generator=stream))
        along_x, along_y = _COURSES[number]
        offset = float(torch.rand((), generator=stream))
        turns.append(along_x * x + along_y * y + offset)
        spacings_nm.append(cell_size_nm / math.hypot(along_x / nx, along_y / ny))
    spacing_nm = torch.tensor(spacings_nm, **kwargs)[:, None, None]
    place = torch.stack(turns) + waves * (waviness_nm / spacing_nm)
    deviation = spacing_nm / (math.pi * width_nm) * torch.tan(math.pi * place)
    wave = two_beam(deviation, thickness_nm / extinction_distance_nm)
    return BendContour(wave.abs().to(like), wave.angle().to(like))
