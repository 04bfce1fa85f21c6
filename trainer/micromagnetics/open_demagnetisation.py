"""Demagnetising field of a film one cell thick with open boundaries.

The field in a cell, averaged over the cell, is H_i = -sum_j N(r_i - r_j) M_j. The tensor N between
two uniformly magnetised cells is taken

-  nearby from the closed form of Newell, Williams and Dunlop, J. Geophys. Res. 98, 9551 (1993), a
   sixth difference, whose rounding error grows as the sixth power of the distance;
-  far away from the potential of two points averaged over the thickness, which is exact, and Gauss
   quadrature over the two cells.

Where they meet, both are good to about 1e-9 of the local value.
"""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
import torch

from .material import MU0, FilmBatch

_NEAR_CELLS = 6
"""Distance up to which the closed form is used."""


def _newell_f(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """Return the function whose sixth difference is 4 pi times the volume times N_xx."""
    r = torch.sqrt(x**2 + y**2 + z**2)
    return (
        y / 2 * (z**2 - x**2) * torch.asinh(_ratio(y, torch.hypot(x, z)))
        + z / 2 * (y**2 - x**2) * torch.asinh(_ratio(z, torch.hypot(x, y)))
        - x * y * z * torch.atan(_ratio(y * z, x * r))
        + (2 * x**2 - y**2 - z**2) * r / 6
    )


def _newell_g(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """Return the function whose sixth difference is 4 pi times the volume times N_xy."""
    r = torch.sqrt(x**2 + y**2 + z**2)
    return (
        x * y * z * torch.asinh(_ratio(z, torch.hypot(x, y)))
        + y / 6 * (3 * z**2 - y**2) * torch.asinh(_ratio(x, torch.hypot(y, z)))
        + x / 6 * (3 * z**2 - x**2) * torch.asinh(_ratio(y, torch.hypot(x, z)))
        - z**3 / 6 * torch.atan(_ratio(x * y, z * r))
        - z * y**2 / 2 * torch.atan(_ratio(x * z, y * r))
        - z * x**2 / 2 * torch.atan(_ratio(y * z, x * r))
        - x * y * r / 3
    )


def _ratio(above: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
    """Return the quotient, 0 where `below` is 0: every such term has a factor that vanishes."""
    return torch.where(below != 0, above / torch.where(below != 0, below, 1.0), 0.0)


def _newell(ny: int, nx: int, thickness: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return N_xx and N_xy for offsets of 0 to ny - 1 and 0 to nx - 1 cells of side 1."""
    y = torch.arange(-1, ny + 1, dtype=torch.float64)[:, None]
    x = torch.arange(-1, nx + 1, dtype=torch.float64)[None, :]

    def difference(function: torch.Tensor) -> torch.Tensor:
        rows = 2 * function[1:-1] - function[2:] - function[:-2]
        return 2 * rows[:, 1:-1] - rows[:, 2:] - rows[:, :-2]

    both = []
    for function in (_newell_f, _newell_g):
        level, above = (
            function(x, y, torch.full((), z, dtype=torch.float64)) for z in (0.0, thickness)
        )
        both.append(difference(2 * (level - above)) / (4 * torch.pi * thickness))
    return both[0], both[1]


def _quadrature(
    y: torch.Tensor, x: torch.Tensor, thickness: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return N_xx and N_xy for distant offsets in cells of side 1.

    Two points in the plane, rho apart, at heights that are uniform over the thickness t, see the
    mean potential G with dG/drho = (1 - sqrt(1 + t^2 / rho^2)) / (2 pi t); N is minus its Hessian
    averaged over both cells. The offset between a point of one cell and a point of the other is
    triangularly distributed.
    """
    nodes, weights = np.polynomial.legendre.leggauss(5)
    u = np.concatenate(((nodes - 1) / 2, (nodes + 1) / 2))
    triangle = np.concatenate((weights, weights)) / 2 * (1 - np.abs(u))
    n_xx, n_xy = torch.zeros_like(x), torch.zeros_like(x)
    for (v, w_v), (u_x, w_x) in itertools.product(zip(u, triangle, strict=True), repeat=2):
        dy, dx = y + float(v), x + float(u_x)
        square = dx**2 + dy**2
        root = torch.sqrt(1 + thickness**2 / square)
        # dG/drho / rho and the second derivative, each over 2 pi
        along = -thickness / (square * (1 + root) * torch.sqrt(square))
        second = thickness / (square * root * torch.sqrt(square))
        weight = -float(w_v * w_x) / (2 * torch.pi)
        n_xx += weight * (second * dx**2 + along * dy**2) / square
        n_xy += weight * (second - along) * dx * dy / square
    return n_xx, n_xy


@lru_cache(maxsize=8)
def demagnetisation_tensor(ny: int, nx: int, thickness: float) -> torch.Tensor:
    """Return the tensor between a cell and the cells at non-negative offsets.

    Parameters
    ----------
    ny, nx
        Number of offsets along y and x.
    thickness
        In units of the cell's side.

    Returns
    -------
    float64 tensor of shape (4, ny, nx): N_xx, N_yy, N_zz, N_xy. The first three are even in both
    offsets, N_xy is odd in both; N_xz and N_yz vanish.
    """

    def component(rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
        y = torch.arange(rows, dtype=torch.float64)[:, None].expand(rows, columns)
        x = torch.arange(columns, dtype=torch.float64)[None, :].expand(rows, columns)
        n_xx, n_xy = torch.zeros_like(x), torch.zeros_like(x)
        far = torch.hypot(x, y) > _NEAR_CELLS
        n_xx[far], n_xy[far] = _quadrature(y[far], x[far], thickness)
        near_ny, near_nx = (min(cells, _NEAR_CELLS + 1) for cells in (rows, columns))
        near = slice(near_ny), slice(near_nx)
        for total, part in zip((n_xx, n_xy), _newell(near_ny, near_nx, thickness), strict=True):
            total[near] = torch.where(far[near], total[near], part)
        return n_xx, n_xy

    n_xx, n_xy = component(ny, nx)
    n_yy = component(nx, ny)[0].T
    n_zz = -n_xx - n_yy
    n_zz[0, 0] += 1  # the trace is 1 inside the source, 0 outside
    return torch.stack((n_xx, n_yy, n_zz, n_xy))


class OpenDemagnetisation:
    """Demagnetising field averaged over each cell, by convolution with the tensor.

    Parameters
    ----------
    films
        Grid and thickness; cells outside the grid hold no material.
    """

    def __init__(self, films: FilmBatch) -> None:
        _, ny, nx = films.shape
        like = films.saturation_magnetisation
        tensor = demagnetisation_tensor(ny, nx, films.thickness_nm / films.cell_size_nm)
        # zero padding to twice the size keeps the copies of the periodic convolution apart
        self._padded = (2 * ny, 2 * nx)
        kernel = torch.zeros(4, *self._padded, dtype=tensor.dtype)
        kernel[:, :ny, :nx] = tensor
        odd = torch.tensor([1.0, 1.0, 1.0, -1.0], dtype=tensor.dtype)[:, None, None]
        kernel[:, ny + 1 :] = odd * kernel[:, 1:ny].flip(1)
        kernel[:, :, nx + 1 :] = odd * kernel[:, :, 1:nx].flip(2)
        # a kernel even in both directions, or odd in both, has a real spectrum
        spectrum = -MU0 * torch.fft.rfft2(kernel).real
        self._xx, self._yy, self._zz, self._xy = spectrum.to(like)

    def field(self, magnetisation: torch.Tensor) -> torch.Tensor:
        """Return B = mu0 H in tesla.

        Parameters
        ----------
        magnetisation
            M = Ms m in A/m, shape (batch, 3, ny, nx), components x, y, z.
        """
        ny, nx = magnetisation.shape[-2:]
        padded_ny, padded_nx = self._padded
        # one axis after the other: half of the rows are known to be zero, or not wanted
        rows = torch.fft.rfft(magnetisation, n=padded_nx)
        x, y, z = torch.fft.fft(rows, n=padded_ny, dim=-2).unbind(dim=1)
        spectrum = torch.stack(
            (self._xx * x + self._xy * y, self._xy * x + self._yy * y, self._zz * z), dim=1
        )
        rows = torch.fft.ifft(spectrum, dim=-2)[..., :ny, :]
        return torch.fft.irfft(rows, n=padded_nx)[..., :nx]
