"""Relax on coarse cells, where an arrangement moves cheaply; finish on fine ones, for walls."""

from __future__ import annotations

import torch
from pydantic import BaseModel, ConfigDict

from .effective_field import EffectiveField
from .material import FilmBatch
from .minimise import Descent, relax


class RelaxationPlan(BaseModel):
    """Steps of each stage and the rule that ends the middle one.

    Attributes
    ----------
    fine_steps_before
        Descent steps on the fine grid first: starting on coarse cells loses the skyrmions.
    coarse_steps_max
        Upper bound of the descent on cells twice as large.
    settled_nm, check_every
        A film is settled when its texture moves less than `settled_nm` in `check_every` coarse
        steps. Energy and torque hardly tell: a lattice creeps towards regularity while the energy
        changes in the fourth digit.
    fine_steps_after
        Descent steps on the fine grid at the end, for the walls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fine_steps_before: int = 250
    coarse_steps_max: int = 4000
    settled_nm: float = 0.6
    check_every: int = 250
    fine_steps_after: int = 200


def texture_displacement_nm(
    before: torch.Tensor, after: torch.Tensor, cell_size_nm: float
) -> torch.Tensor:
    """Return how far the texture has moved, root mean square, in nm, shape (batch,).

    A wall that shifts by u changes m_z by u . grad m_z, so that |u|^2 is about twice the mean
    square change over the mean square gradient. A film without texture has not moved.
    """
    mz = after[:, 2]
    change = ((mz - before[:, 2]) ** 2).mean(dim=(1, 2))
    gradient = sum(
        ((torch.roll(mz, -1, dims=axis) - torch.roll(mz, 1, dims=axis)) / 2) ** 2 for axis in (1, 2)
    )
    gradient = torch.as_tensor(gradient).mean(dim=(1, 2))
    moved = torch.sqrt(2 * change / gradient.clamp(min=1e-30)) * cell_size_nm
    return torch.where(gradient > 1e-9, moved, torch.zeros_like(moved))


def _normalised(m: torch.Tensor) -> torch.Tensor:
    return m / m.norm(dim=1, keepdim=True).clamp(min=1e-6)


def relax_film(
    films: FilmBatch,
    applied_field_t: float | torch.Tensor,
    start: torch.Tensor,
    plan: RelaxationPlan,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Relax `start`, unit vectors of shape (batch, 3, ny, nx), ny and nx even.

    Returns
    -------
    m : relaxed unit vectors, shape as `start`
    coarse_steps : int64 tensor, shape (batch,)
    settled : bool tensor, shape (batch,)
    """
    fine = EffectiveField(films, applied_field_t)
    descent = Descent(fine, start)
    descent.advance(plan.fine_steps_before)

    coarse_films = films.coarsened()
    coarse = EffectiveField(coarse_films, applied_field_t)
    m = _normalised(torch.nn.functional.avg_pool2d(descent.m, 2))

    def settled(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
        moved = texture_displacement_nm(before, after, coarse_films.cell_size_nm)
        return moved < plan.settled_nm

    m, steps, is_settled = relax(coarse, m, settled, plan.check_every, plan.coarse_steps_max)

    # periodic bilinear interpolation back to the fine cells
    m = torch.nn.functional.pad(m, (1, 1, 1, 1), mode="circular")
    m = torch.nn.functional.interpolate(m, scale_factor=2, mode="bilinear")[..., 2:-2, 2:-2]
    descent = Descent(fine, _normalised(m))
    descent.advance(plan.fine_steps_after)
    return descent.m, steps, is_settled
