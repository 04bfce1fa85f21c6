"""Landau-Lifshitz-Gilbert dynamics, with an adaptive time step of its own for every film.

The pair of Dormand and Prince, J. Comput. Appl. Math. 6, 19 (1980), fifth order with an error
estimate of fourth, and the step control are those of mumax3 (Vansteenkiste et al., AIP Advances 4,
107133, 2014): a step is taken again, shorter, when it errs by more than the tolerance in any cell.
"""

from __future__ import annotations

import torch

from .effective_field import EffectiveField
from .unit_vectors import length, normalised

GYROMAGNETIC_RATIO = 1.7595e11
"""gamma in rad/(T s), the value of mumax3."""

_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
_FIRST_STEP_S, _SMALLEST_STEP_S = 1e-14, 1e-20


def _cross(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    a_x, a_y, a_z = a.unbind(dim=1)
    b_x, b_y, b_z = b.unbind(dim=1)
    return torch.stack((a_y * b_z - a_z * b_y, a_z * b_x - a_x * b_z, a_x * b_y - a_y * b_x), dim=1)


def turning(m: torch.Tensor, field_t: torch.Tensor, damping: torch.Tensor) -> torch.Tensor:
    """Return dm/dt over gamma, in tesla: -[m x B + alpha m x (m x B)] / (1 + alpha^2).

    Parameters
    ----------
    m, field_t
        Unit vectors and B_eff in tesla, shape (batch, 3, ny, nx).
    damping
        Gilbert's alpha, shape (batch, 1, 1, 1).
    """
    return _cross((field_t + damping * _cross(m, field_t)) / (1 + damping**2), m)


def per_film(value: float | torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    """Return one number, or one a film, as a tensor of shape (batch, 1, 1, 1) like `m`."""
    values = torch.as_tensor(value, dtype=m.dtype, device=m.device)
    return values.expand(len(m)).reshape(-1, 1, 1, 1)


class LLG:
    """Magnetisation of a batch of films in time.

    Parameters
    ----------
    field
        May be replaced between two calls of `advance`, for a field that changes in steps.
    m
        Unit vectors, shape (batch, 3, ny, nx).
    damping
        Gilbert's alpha, one number or one a film, shape (batch,).
    tolerance
        Largest error of m in any cell that a step may make.

    Attributes
    ----------
    m
        As given, now at `time_s`.
    time_s
        float64 tensor of shape (batch,).
    """

    def __init__(
        self,
        field: EffectiveField,
        m: torch.Tensor,
        damping: float | torch.Tensor,
        tolerance: float = 1e-5,
    ) -> None:
        self.field = field
        self.m = m.clone()
        self.time_s = torch.zeros(len(m), dtype=torch.float64, device=m.device)
        self._damping = per_film(damping, m)
        self._tolerance = tolerance
        self._step_s = torch.full_like(self.time_s, _FIRST_STEP_S)
        self._turning = torch.zeros_like(m)

    def advance(self, duration_s: float, torque_limit_t: float = 0.0) -> None:
        """Go on by `duration_s`, each film only until its torque falls to the limit.

        A film that has arrived costs nothing more.

        Parameters
        ----------
        torque_limit_t
            Largest |m x B| in tesla, over all cells, of a film that counts as relaxed. The error
            of each step sets a floor: about the tolerance times the exchange field between cells.

        Raises
        ------
        ArithmeticError
            If a film cannot be integrated, as when `m` or the material is not finite.
        """
        end_s = self.time_s + duration_s
        self._turning = turning(self.m, self.field.field(self.m), self._damping)
        films, field = torch.arange(len(self.m), device=self.m.device), self.field
        while True:
            running = self.time_s[films] < end_s[films]
            if torque_limit_t > 0:
                running &= self._torque_t(films) > torque_limit_t
            if not running.all():
                films = films[running]
                if not len(films):
                    return
                field = field.select(running)
            self._try_step(field, films, end_s[films])

    def _torque_t(self, films: torch.Tensor) -> torch.Tensor:
        # |dm/dt| / gamma is |m x B| / sqrt(1 + alpha^2)
        fastest = length(self._turning[films]).amax(dim=(1, 2, 3))
        return fastest * torch.sqrt(1 + self._damping[films, 0, 0, 0] ** 2)

    def _try_step(self, field: EffectiveField, films: torch.Tensor, end_s: torch.Tensor) -> None:
        """Take the next step of the named films where it errs little, and choose the one after."""
        m, damping = self.m[films], self._damping[films]
        planned_s, remaining_s = self._step_s[films], end_s - self.time_s[films]
        step_s = torch.minimum(planned_s, remaining_s)
        h = (GYROMAGNETIC_RATIO * step_s).to(m.dtype).reshape(-1, 1, 1, 1)
        slopes, stage = [self._turning[films]], m
        for row in _STAGES:
            stage = m + h * _combined(row, slopes)
            if row is _STAGES[-1]:  # the solution, whose slope is the first of the next step
                stage = normalised(stage)
            slopes.append(turning(stage, field.field(stage), damping))
        error = length(h * _combined(_ERROR, slopes)).amax(dim=(1, 2, 3)).double()

        good = error <= self._tolerance
        taken = films[good]
        self.m[taken], self._turning[taken] = stage[good], slopes[-1][good]
        ends = remaining_s <= planned_s
        self.time_s[films] = torch.where(
            good, torch.where(ends, end_s, self.time_s[films] + step_s), self.time_s[films]
        )
        factor = 0.8 * (self._tolerance / error.clamp(min=1e-30)) ** 0.2
        next_s = step_s * torch.where(torch.isfinite(error), factor, 0.5).clamp(0.5, 2.0)
        # a step cut short by the end of the run says nothing against a longer one
        next_s = torch.where(good & ends, torch.maximum(next_s, planned_s), next_s)
        if bool((next_s < _SMALLEST_STEP_S).any()):
            raise ArithmeticError("the time step has vanished: is every m and parameter finite?")
        self._step_s[films] = next_s


def _combined(weights: tuple[float, ...], slopes: list[torch.Tensor]) -> torch.Tensor:
    total = weights[0] * slopes[0]
    for weight, slope in zip(weights[1:], slopes[1:], strict=True):
        if weight:
            total.add_(slope, alpha=weight)
    return total
