"""Bringing skyrmions to their places: rigid drift along the force on each.

Spins relax in hundreds of descent steps, the places of skyrmions in tens of thousands: what they
exert on each other falls off exponentially with distance, so that a lattice creeps for ever while
energy and torque hardly change. Drift is the missing coarse level. The film is divided into the
basins of its smoothed Mz, one a skyrmion. If basin j moves rigidly by u, its m changes by
-(u . grad) m, and the force on it and its drag are (Thiele, Phys. Rev. Lett. 30, 230, 1973)

    F_j = - sum (grad m) . B        N_j = 1/2 sum |grad m|^2

with the sums over the basin and B the field across m. Descent with the step tau would move it by
tau F_j / N_j; here every skyrmion has a step of its own, which grows as long as it keeps its
direction and shrinks when it overshoots (Riedmiller and Braun, IEEE Int. Conf. Neural Netw., 586,
1993), and some momentum. Basins that overlap or tear are healed by the descent steps in between.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from .material import FilmBatch
from .unit_vectors import normalised

#: Basins are found on blocks of at most so many cells a side.
_BLOCK_CELLS = 4
_SMOOTHING_NM = 15.0
#: Where the smoothed |Mz| of a basin's bottom is nearer to the background there is no skyrmion.
_DEEPEST_BACKGROUND = 0.7
_LARGEST_MOVE_NM = 6.0
_MOMENTUM = 0.8
_GROWTH, _SHRINKAGE = 1.3, 0.5
#: Per tesla, in units of cells squared: descent's own step is below 0.1.
_FIRST_STEP, _LARGEST_STEP = 20.0, 300.0


def _gradient(m: torch.Tensor, edge: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the change of `m` a cell along x and along y."""
    padded = functional.pad(m, (1, 1, 1, 1), mode=edge)
    along_x = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    along_y = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    return along_x, along_y


class Drift:
    """Moves the skyrmions of a batch of films, between steps of a descent.

    Films without skyrmions are left as they are.
    """

    def __init__(self, films: FilmBatch) -> None:
        batch, ny, nx = films.shape
        like = films.saturation_magnetisation
        block = math.gcd(math.gcd(ny, nx), _BLOCK_CELLS)
        self._cells, self._blocks = (ny, nx), (ny // block, nx // block)
        self._block = block
        self._edge = "circular" if films.periodic else "replicate"
        self._vacuum = like <= 0
        self._largest_move = _LARGEST_MOVE_NM / films.cell_size_nm
        sigma = _SMOOTHING_NM / films.cell_size_nm / block
        reach = min(math.ceil(3 * sigma), min(self._blocks) - 1)
        offsets = torch.arange(-reach, reach + 1, dtype=like.dtype, device=like.device)
        kernel = torch.exp(-0.5 * (offsets / max(sigma, 1e-3)) ** 2)
        self._kernel, self._reach = kernel / kernel.sum(), reach
        count = self._blocks[0] * self._blocks[1]
        self._index = torch.arange(count, device=like.device)
        self._around = self._neighbourhoods()
        self._move = torch.zeros(batch, 2, count, dtype=like.dtype, device=like.device)
        self._step = torch.full_like(self._move[:, :1], _FIRST_STEP)

    def _neighbourhoods(self) -> torch.Tensor:
        """Return the nine blocks around each block, shape (9, blocks)."""
        rows, columns = self._blocks
        blocks = self._index.reshape(1, 1, rows, columns).double()
        padded = functional.pad(blocks, (1, 1, 1, 1), mode=self._edge)[0, 0].long()
        views = [padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
        return torch.stack(views).reshape(9, -1)

    def keep(self, films: torch.Tensor) -> None:
        """Go on with the films of the boolean tensor `films` only."""
        self._vacuum = self._vacuum[films]
        self._move, self._step = self._move[films], self._step[films]

    def _basins(self, depth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return for each block the block at the bottom of its basin, and which blocks are that.

        `depth` is Mz over the blocks, the background being 1, shape (batch, rows, columns).
        """
        for taps, sides in (((1, 1, 1, -1), (1, 1, 0, 0)), ((1, 1, -1, 1), (0, 0, 1, 1))):
            padding = [self._reach * each for each in sides]
            padded = functional.pad(depth[:, None], padding, mode=self._edge)
            depth = functional.conv2d(padded, self._kernel.reshape(taps))[:, 0]
        depth = depth.flatten(1)
        lowest = depth[:, self._around].argmin(dim=1)
        bottom = self._around[lowest, self._index]
        # follow the pointers downhill, twice as far each time
        for _ in range(max(1, math.ceil(math.log2(sum(self._blocks))))):
            bottom = bottom.gather(1, bottom)
        deep = depth < _DEEPEST_BACKGROUND
        return bottom, (bottom == self._index) & deep

    def moved(self, m: torch.Tensor, across: torch.Tensor) -> torch.Tensor:
        """Return the films after every skyrmion has moved once.

        Parameters
        ----------
        m
            Unit vectors, shape (batch, 3, ny, nx).
        across
            The part of the effective field in tesla that is perpendicular to `m`, shape as `m`.
        """
        batch = len(m)
        along_x, along_y = _gradient(m, self._edge)
        mz = m[:, 2] * torch.where(m[:, 2].mean(dim=(1, 2)) < 0, -1.0, 1.0)[:, None, None]
        quantities = torch.stack(
            (
                -(along_x * across).sum(dim=1),
                -(along_y * across).sum(dim=1),
                0.5 * (along_x**2 + along_y**2).sum(dim=1),
                mz.masked_fill(self._vacuum, 1.0),
            ),
            dim=1,
        )
        quantities = functional.avg_pool2d(quantities, self._block)
        bottom, is_skyrmion = self._basins(quantities[:, 3])
        sums = self._summed(quantities[:, :3].flatten(2), bottom)
        velocity = sums[:, :2] / sums[:, 2:].clamp(min=1e-3)

        onwards = (velocity * self._move).sum(dim=1, keepdim=True)
        step = torch.where(onwards > 0, self._step * _GROWTH, self._step)
        step = torch.where(onwards < 0, self._step * _SHRINKAGE, step).clamp(max=_LARGEST_STEP)
        kept = torch.where(onwards >= 0, _MOMENTUM * self._move, torch.zeros_like(self._move))
        move = kept + step * velocity
        length = move.norm(dim=1, keepdim=True)
        move = move * (self._largest_move / length.clamp(min=self._largest_move))
        move = move * is_skyrmion[:, None]

        self._move = move.gather(2, bottom[:, None].expand(-1, 2, -1))
        self._step = step.gather(2, bottom[:, None])
        by_cell = self._move.reshape(batch, 2, *self._blocks)
        by_cell = functional.interpolate(by_cell, scale_factor=self._block, mode="nearest")
        return self._shifted(m, by_cell)

    def _summed(self, values: torch.Tensor, bottom: torch.Tensor) -> torch.Tensor:
        """Sum (batch, channels, blocks) over each basin, into the block at its bottom."""
        batch, channels, blocks = values.shape
        films = torch.arange(batch, device=values.device)[:, None] * blocks
        # index_add, unlike scatter_add, has a deterministic form on CUDA
        sums = torch.zeros(batch * blocks, channels, dtype=values.dtype, device=values.device)
        sums.index_add_(
            0, (bottom + films).reshape(-1), values.transpose(1, 2).reshape(-1, channels)
        )
        return sums.reshape(batch, blocks, channels).transpose(1, 2)

    def _shifted(self, m: torch.Tensor, move: torch.Tensor) -> torch.Tensor:
        """Return `m` carried along by `move` (batch, 2, ny, nx), x and y in cells."""
        ny, nx = self._cells
        whole = move.round()
        y = torch.arange(ny, device=m.device)[:, None] - whole[:, 1].long()
        x = torch.arange(nx, device=m.device) - whole[:, 0].long()
        if self._edge == "circular":
            y, x = y % ny, x % nx
        else:
            y, x = y.clamp(0, ny - 1), x.clamp(0, nx - 1)
        source = (y * nx + x).flatten(1)[:, None].expand(-1, 3, -1)
        carried = m.flatten(2).gather(2, source).reshape(m.shape)
        along_x, along_y = _gradient(carried, self._edge)
        rest = move - whole
        carried = carried - rest[:, :1] * along_x - rest[:, 1:] * along_y
        return normalised(carried).masked_fill(self._vacuum[:, None], 0.0)
