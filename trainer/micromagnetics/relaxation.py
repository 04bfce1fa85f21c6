"""Relaxation of films to rest: descent of the spins and drift of the skyrmions, film by film."""

from __future__ import annotations

from typing import NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field

from .drift import Drift
from .effective_field import EffectiveField
from .material import FilmBatch
from .minimise import Descent


def texture_displacement_nm(
    before: torch.Tensor, after: torch.Tensor, cell_size_nm: float
) -> torch.Tensor:
    """Return how far the texture has moved, root mean square, in nm, shape (batch,).

    A wall that shifts by u changes m_z by u . grad m_z, so that |u|^2 is about twice the mean
    square change over the mean square gradient. A film without texture has not moved.
    """
    mz = after[:, 2]
    change = ((mz - before[:, 2]) ** 2).mean(dim=(1, 2))
    along_x = (torch.roll(mz, -1, dims=2) - torch.roll(mz, 1, dims=2)) / 2
    along_y = (torch.roll(mz, -1, dims=1) - torch.roll(mz, 1, dims=1)) / 2
    gradient = (along_x**2 + along_y**2).mean(dim=(1, 2))
    moved = torch.sqrt(2 * change / gradient.clamp(min=1e-30)) * cell_size_nm
    return torch.where(gradient > 1e-9, moved, torch.zeros_like(moved))


#: Small steps before a state is looked at.
_CALM_STEPS = 10


class RelaxationPlan(BaseModel):
    """How long a film is relaxed, and when it counts as settled.

    A film is settled when, from one check to the next, its texture has moved less than
    `settled_nm` and its energy has changed by less than `settled_energy`, relative. Energy and
    torque alone hardly tell: a lattice creeps towards regularity while the energy changes in the
    fourth digit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps_before: int = Field(default=200, ge=1, description="descent steps before any drift")
    drift_every: int = Field(default=20, ge=0, description="descent steps between drifts; 0: none")
    check_every: int = Field(default=100, ge=10, description="descent steps between checks")
    max_steps: int = Field(default=2000, ge=1, description="descent steps at most")
    settled_nm: float = Field(default=2.5, ge=0)
    settled_energy: float = Field(default=1e-4, ge=0)

    def longer(self, factor: float) -> RelaxationPlan:
        """Return a plan that may take `factor` times the steps and is as much stricter."""
        return self.model_copy(
            update={
                "max_steps": round(self.max_steps * factor),
                "settled_nm": self.settled_nm / factor,
                "settled_energy": self.settled_energy / factor,
            }
        )

    def are_settled(
        self,
        before: torch.Tensor,
        after: torch.Tensor,
        energy_before_j: torch.Tensor,
        energy_after_j: torch.Tensor,
        cell_size_nm: float,
    ) -> torch.Tensor:
        """Say of each film whether it has settled between two checks, bool of shape (batch,)."""
        moved_nm = texture_displacement_nm(before, after, cell_size_nm)
        gained = (energy_before_j - energy_after_j).abs() / energy_after_j.abs().clamp(min=1e-40)
        return (moved_nm < self.settled_nm) & (gained < self.settled_energy)


class RelaxedFilms(NamedTuple):
    """Relaxed unit vectors (batch, 3, ny, nx); steps, whether settled and energy, each (batch,)."""

    m: torch.Tensor
    steps: torch.Tensor
    is_settled: torch.Tensor
    energy_j: torch.Tensor


def relax_film(
    films: FilmBatch,
    applied_field_t: float | torch.Tensor,
    start: torch.Tensor,
    plan: RelaxationPlan,
) -> RelaxedFilms:
    """Relax `start`, unit vectors of shape (batch, 3, ny, nx), each film until it is settled.

    A film that is settled costs nothing more.
    """
    field = EffectiveField(films, applied_field_t)
    descent = Descent(field, start)
    descent.advance(plan.steps_before)
    drift = Drift(films) if plan.drift_every else None

    final = descent.m.clone()
    steps = torch.full((len(start),), plan.steps_before, dtype=torch.int64)
    is_settled = torch.zeros(len(start), dtype=torch.bool)
    active = torch.arange(len(start))
    energy = field.energy(descent.m)
    final_energy = energy.clone()
    taken = plan.steps_before
    while taken < plan.max_steps and len(active):
        before, energy_before = descent.m, energy
        block = min(plan.check_every, plan.max_steps - taken)
        _descend(descent, drift, block, plan.drift_every)
        taken += block
        energy = descent.field.energy(descent.m)
        final[active] = descent.m
        steps[active] = taken
        final_energy[active] = energy
        settled = plan.are_settled(before, descent.m, energy_before, energy, films.cell_size_nm)
        is_settled[active[settled.cpu()]] = True
        if settled.any():
            active = active[~settled.cpu()]
            energy = energy[~settled]
            descent.keep(~settled)
            if drift:
                drift.keep(~settled)
    return RelaxedFilms(final, steps, is_settled, final_energy)


def _descend(descent: Descent, drift: Drift | None, steps: int, drift_every: int) -> None:
    """Descend by `steps`, with drifts in between and small steps at the end."""
    rest = max(0, steps - _CALM_STEPS)
    while rest:
        block = min(drift_every, rest) if drift else rest
        descent.advance(block)
        rest -= block
        if drift:
            descent.go_on_from(drift.moved(descent.m, descent.across))
    descent.calm(min(steps, _CALM_STEPS))
