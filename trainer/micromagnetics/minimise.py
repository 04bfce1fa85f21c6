"""Energy minimisation: steepest descent with Barzilai-Borwein steps, a step of its own per film.

The method is that of mumax3's `minimize` (Exl et al., J. Appl. Phys. 115, 17D118, 2014): the update
keeps |m| = 1 exactly, and the step alternates between the two Barzilai-Borwein formulas.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from .effective_field import EffectiveField


def _inner(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vecdot(a.flatten(1), b.flatten(1))


class Descent:
    """State of one minimisation, advanced step by step.

    Attributes
    ----------
    m
        Unit vectors, shape (batch, 3, ny, nx).
    """

    def __init__(self, field: EffectiveField, m: torch.Tensor) -> None:
        self.field = field
        self.m = m
        self._odd = False
        self._downhill = self._direction(m)
        # the largest stable step of plain descent is set by the exchange between two cells
        self._safe_step = 0.25 / field.stiffness_t
        self._step_limit = 80 * self._safe_step
        self._step = torch.full((m.shape[0],), self._safe_step, dtype=m.dtype, device=m.device)

    def _direction(self, m: torch.Tensor) -> torch.Tensor:
        """Return -m x (m x B): the part of the field that turns m."""
        field = self.field.field(m)
        along = (m * field).sum(dim=1, keepdim=True)
        return field.addcmul_(m, along, value=-1)

    def advance(self, steps: int) -> None:
        """Take `steps` steps."""
        for _ in range(steps):
            tau = self._step.reshape(-1, 1, 1, 1)
            quarter = (self._downhill**2).sum(dim=1, keepdim=True).mul_(0.25 * tau**2)
            m_new = (self.m * (1 - quarter)).addcmul_(self._downhill, tau).div_(1 + quarter)
            downhill = self._direction(m_new)
            moved, turned = m_new - self.m, self._downhill - downhill
            self.m, self._downhill = m_new, downhill
            product = _inner(moved, turned)
            square = _inner(moved, moved) if self._odd else _inner(turned, turned)
            step = square / product if self._odd else product / square
            self._odd = not self._odd
            # a curvature of the wrong sign gives no step: fall back to a small one
            usable = torch.isfinite(step) & (step > 0)
            self._step = torch.where(usable, step, self._safe_step).clamp(max=self._step_limit)
        # exact in theory, a matter of rounding over many steps
        self.m = self.m / self.m.norm(dim=1, keepdim=True)

    def keep(self, films: torch.Tensor) -> None:
        """Go on with the films of the boolean tensor `films` only."""
        self.field = self.field.select(films)
        self.m, self._downhill, self._step = (
            self.m[films],
            self._downhill[films],
            self._step[films],
        )


def relax(
    field: EffectiveField,
    m: torch.Tensor,
    settled: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    check_every: int,
    max_steps: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Descend until each film is settled; a settled film costs nothing more.

    Parameters
    ----------
    settled
        Called with the state at the previous check and now, each (films, 3, ny, nx); returns a
        boolean tensor, one value a film.
    check_every, max_steps
        In descent steps.

    Returns
    -------
    m : relaxed unit vectors, shape as given
    steps : int64 tensor, steps that each film took
    is_settled : bool tensor, False where `max_steps` ended it
    """
    final = m.clone()
    steps = torch.zeros(m.shape[0], dtype=torch.int64)
    is_settled = torch.zeros(m.shape[0], dtype=torch.bool)
    films = torch.arange(m.shape[0])
    descent = Descent(field, m)
    taken = 0
    while taken < max_steps and len(films):
        before = descent.m
        block = min(check_every, max_steps - taken)
        descent.advance(block)
        taken += block
        final[films] = descent.m
        steps[films] = taken
        done = settled(before, descent.m).cpu()
        is_settled[films[done]] = True
        if done.any():
            films = films[~done]
            if len(films):
                descent.keep((~done).to(m.device))
    return final, steps, is_settled
