"""Let a film go, and look at it so often that every skyrmion is the same one at the next look."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from ..micromagnetics.drift import Drift
from ..micromagnetics.effective_field import EffectiveField
from ..micromagnetics.minimise import Descent
from ..micromagnetics.relaxation import RelaxationPlan
from ..micromagnetics.thermal import ThermalLLG, longest_step_s
from .identity import SkyrmionIdentity

#: Steps between two looks, where the skyrmions do not move fast.
LOOK_EVERY = 10


class FollowedFilm(NamedTuple):
    """A relaxed state, (1, 3, ny, nx), and how it was reached.

    `uncertain_looks` counts the looks that could not be brought so close that who is who was beyond
    doubt: in a single step a core moved by half its diameter, or died while another was born.
    """

    m: torch.Tensor
    steps: int
    is_settled: bool
    uncertain_looks: int


def relax_and_follow(
    field: EffectiveField,
    m: torch.Tensor,
    identity: SkyrmionIdentity,
    plan: RelaxationPlan,
    look_every: int = LOOK_EVERY,
) -> FollowedFilm:
    """Relax one film from `m`, as `relax_film` does, and lead `identity` along.

    Where the skyrmions changed too much between two looks, the way between them is gone again in
    blocks half as long, down to a single descent step, and without drift.
    """
    descent = Descent(field, m)
    drift = Drift(field.films) if plan.drift_every else None
    drift_every = max(plan.drift_every, look_every)
    stride, taken, drifted_at, uncertain = look_every, 0, plan.steps_before, 0
    seen = checked = m
    energy = field.energy(m)
    while taken < plan.max_steps:
        block = min(stride, plan.max_steps - taken, plan.check_every - taken % plan.check_every)
        descent.advance(block)
        drifts = drift and stride == look_every and taken + block >= drifted_at + drift_every
        if drift and drifts:
            descent.go_on_from(drift.moved(descent.m, descent.across))
        cores, links = identity.look(descent.m[0, 2].cpu().numpy())
        if not links.is_certain and block > 1:
            stride = block // 2
            descent = Descent(field, seen)
            continue
        identity.follow(cores, links)
        uncertain += not links.is_certain
        seen, taken = descent.m, taken + block
        stride = min(2 * stride, look_every)
        if drifts:
            drifted_at = taken
        if taken % plan.check_every == 0:
            before, energy = energy, field.energy(seen)
            cell_size_nm = field.films.cell_size_nm
            settled = plan.are_settled(checked, seen, before, energy, cell_size_nm)
            checked = seen
            if bool(settled):
                return FollowedFilm(seen, taken, True, uncertain)
    return FollowedFilm(seen, taken, False, uncertain)


def agitate_and_follow(
    field: EffectiveField,
    m: torch.Tensor,
    identity: SkyrmionIdentity,
    temperature_k: float,
    damping: float,
    duration_s: float,
    seed: int,
) -> FollowedFilm:
    """Leave one film, (1, 3, ny, nx), to its temperature for a while, and lead `identity` along."""
    step_s = float(longest_step_s(field, damping, temperature_k)[0])
    steps = math.ceil(duration_s / step_s)
    llg = ThermalLLG(field, m, damping, temperature_k, [seed], duration_s / steps)
    uncertain = 0
    for taken in range(0, steps, LOOK_EVERY):
        llg.advance(min(LOOK_EVERY, steps - taken))
        cores, links = identity.look(llg.m[0, 2].cpu().numpy())
        identity.follow(cores, links)
        uncertain += not links.is_certain
    return FollowedFilm(llg.m, steps, False, uncertain)
