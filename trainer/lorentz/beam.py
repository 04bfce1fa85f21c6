"""The beam in the tilted film's frame, and the plane of Fourier space that it projects.

Axes: x along the columns, y along the rows (downwards), z with the beam of the untilted film. The
tilt axis lies in the film, alpha from +x towards +y, as on the wire (`tilt_axis_deg`). A positive
tilt theta about +x raises the lower rows towards the electron source. In the film's frame the beam
then runs along

    p = (sin theta sin alpha, -sin theta cos alpha, cos theta),

and a line integral along p keeps, of the film's Fourier space, the wave vectors K = (kx, ky, kz)
with K . p = 0. Over the film's own coordinates kx and ky are those of the grid, and |K| is the wave
number that the camera sees: foreshortened by cos theta across the axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import torch

PerImage: TypeAlias = float | Sequence[float] | torch.Tensor
"""One number for all images, or one for each, shape (batch,)."""


def per_image(values: PerImage, like: torch.Tensor) -> torch.Tensor:
    """Return one number, shape (), or one for each image, shape (batch, 1, 1), in float64.

    Raises
    ------
    ValueError
        There are neither one nor as many numbers as images in `like`.
    """
    numbers = torch.as_tensor(values, dtype=torch.float64, device=like.device)
    if numbers.ndim == 0:
        return numbers
    if numbers.shape != like.shape[:1]:
        raise ValueError(f"{tuple(numbers.shape)} numbers for {like.shape[0]} images")
    return numbers[:, None, None]


def beam_direction(
    tilt_deg: PerImage, tilt_axis_deg: PerImage, like: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the unit vector p of the module's text, each component as from `per_image`."""
    tilt = torch.deg2rad(per_image(tilt_deg, like))
    axis = torch.deg2rad(per_image(tilt_axis_deg, like))
    sin = torch.sin(tilt)
    return sin * torch.sin(axis), -sin * torch.cos(axis), torch.cos(tilt)


class ProjectedWaves(NamedTuple):
    """Angular wave numbers in 1/nm with K . p = 0, in the order of the FFT.

    Attributes
    ----------
    kx, ky
        Shapes (columns,) and (ny, 1); `columns` is nx, or nx // 2 + 1 of a half spectrum.
    kz
        Shape (ny, columns), or (batch, ny, columns) where the tilt differs.
    beam
        p, each component as from `per_image`.
    """

    kx: torch.Tensor
    ky: torch.Tensor
    kz: torch.Tensor
    beam: tuple[torch.Tensor, torch.Tensor, torch.Tensor]

    @property
    def k_squared(self) -> torch.Tensor:
        """K^2 in 1/nm^2, shape of kz."""
        return self.kx**2 + self.ky**2 + self.kz**2

    def to(self, like: torch.Tensor) -> ProjectedWaves:
        """Return them in the precision of `like`."""
        px, py, pz = self.beam
        return ProjectedWaves(
            self.kx.to(like),
            self.ky.to(like),
            self.kz.to(like),
            (px.to(like), py.to(like), pz.to(like)),
        )


def projected_waves(
    shape: tuple[int, int],
    pixel_size_nm: float,
    tilt_deg: PerImage,
    tilt_axis_deg: PerImage,
    like: torch.Tensor,
    half_spectrum: bool = False,
) -> ProjectedWaves:
    """Return the waves of a grid of (ny, nx) pixels in float64, on the device of `like`."""
    ny, nx = shape
    columns = torch.fft.rfftfreq if half_spectrum else torch.fft.fftfreq
    spacing = pixel_size_nm / (2 * math.pi)
    kx = columns(nx, spacing, dtype=torch.float64, device=like.device)
    ky = torch.fft.fftfreq(ny, spacing, dtype=torch.float64, device=like.device)[:, None]
    beam = px, py, pz = beam_direction(tilt_deg, tilt_axis_deg, like)
    return ProjectedWaves(kx, ky, -(px * kx + py * ky) / pz, beam)
