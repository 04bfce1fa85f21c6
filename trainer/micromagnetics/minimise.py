"""Energy minimisation: steepest descent with Barzilai-Borwein steps, a step of its own per film.

The method is that of mumax3's `minimize` (Exl et al., J. Appl. Phys. 115, 17D118, 2014): the update
keeps |m| = 1 exactly, and the step alternates between the two Barzilai-Borwein formulas.
"""

from __future__ import annotations

import torch

from .effective_field import EffectiveField
from .unit_vectors import normalised


def _inner(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vecdot(a.flatten(1), b.flatten(1))


class Descent:
    """State of one minimisation, advanced step by step.

    Attributes
    ----------
    m
        Unit vectors, shape (batch, 3, ny, nx).
    across
        The part of the effective field in tesla that is perpendicular to m, shape as `m`: the
        direction of descent, and as large as the torque.
    """

    def __init__(self, field: EffectiveField, m: torch.Tensor) -> None:
        self.field = field
        self.m = m
        self.across = self._across(m)
        self._odd = False
        # the largest stable step of plain descent is set by the exchange between two cells; much
        # longer ones, which Barzilai and Borwein ask for along soft modes, gain nothing more
        self._safe_step = 0.25 / field.stiffness_t.clamp(min=1e-3)
        self._step = self._safe_step.clone()

    def _across(self, m: torch.Tensor) -> torch.Tensor:
        """Return -m x (m x B)."""
        field = self.field.field(m)
        along = (m * field).sum(dim=1, keepdim=True)
        return field.addcmul_(m, along, value=-1)

    def advance(self, steps: int) -> None:
        """Take `steps` steps."""
        for _ in range(steps):
            tau = self._step.reshape(-1, 1, 1, 1)
            quarter = (self.across**2).sum(dim=1, keepdim=True).mul_(0.25 * tau**2)
            m_new = (self.m * (1 - quarter)).addcmul_(self.across, tau).div_(1 + quarter)
            across = self._across(m_new)
            moved, turned = m_new - self.m, self.across - across
            self.m, self.across = m_new, across
            product = _inner(moved, turned)
            square = _inner(moved, moved) if self._odd else _inner(turned, turned)
            step = square / product if self._odd else product / square
            self._odd = not self._odd
            # a curvature of the wrong sign gives no step: fall back to a small one
            usable = torch.isfinite(step) & (step > 0)
            self._step = torch.where(usable, step, self._safe_step).minimum(20 * self._safe_step)
        # exact in theory, a matter of rounding over many steps
        self.m = normalised(self.m)

    def calm(self, steps: int) -> None:
        """Take `steps` small steps, which only lower the energy.

        Barzilai-Borwein steps raise it now and then; a state to be kept must not be caught at that.
        """
        for _ in range(steps):
            self._step = 0.5 * self._safe_step
            self.advance(1)
        self._step = self._safe_step.clone()

    def go_on_from(self, m: torch.Tensor) -> None:
        """Replace the state by one nearby, with small steps at first: the change may be stiff."""
        self.m, self.across = m, self._across(m)
        self._step = self._step.minimum(2 * self._safe_step)

    def keep(self, films: torch.Tensor) -> None:
        """Go on with the films of the boolean tensor `films` only."""
        self.field = self.field.select(films)
        self.m, self.across = self.m[films], self.across[films]
        self._safe_step, self._step = self._safe_step[films], self._step[films]
