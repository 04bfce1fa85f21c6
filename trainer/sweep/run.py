"""Simulate a sweep: relax state after state, and keep every skyrmion's number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from ..micromagnetics.effective_field import EffectiveField
from ..micromagnetics.relaxation import relax_film
from .film import film_under, sweep_film
from .following import FollowedFilm, agitate_and_follow, relax_and_follow
from .identity import SkyrmionIdentity
from .outputs import write_outputs
from .recipe import SweepRecipe
from .schedule import Condition
from .seeds import seed_of
from .store import SweepState, SweepStore


def run_sweep(
    recipe: SweepRecipe,
    out: Path,
    device: str = "cpu",
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> SweepStore:
    """Simulate a sweep into the folder `out`, or go on with the one that is there.

    A sweep that was killed and gone on with ends bit for bit as one that was not, on one device.
    The folder then holds `sweep.json`, a file of each frame in `states`, and what
    `outputs.write_outputs` says: `frames.tif`, `skyrmions.csv`, `events.csv` and `frames.csv`.

    Parameters
    ----------
    progress
        Called with the number of frames that are done and that there will be.

    Raises
    ------
    UserError
        If `out` holds another sweep, or cannot be written.
    """
    store = SweepStore.create(out, recipe)
    conditions = recipe.conditions()
    films, m = sweep_film(recipe, device)
    identity = None
    done = store.completed()
    if done:
        last = store.read(done - 1)
        m = torch.from_numpy(last.m)[None].to(device)
        identity = SkyrmionIdentity.restored(last.m[2], last.identity, films.periodic)
    progress(done, len(conditions))
    for frame, condition in enumerate(conditions[done:], start=done):
        film = film_under(films, recipe, condition)
        if identity is None:
            first = relax_film(film, condition.field_t, m, recipe.first_relaxation)
            m, is_settled, uncertain = first.m, bool(first.is_settled[0]), 0
            identity = SkyrmionIdentity(m[0, 2].cpu().numpy(), films.periodic)
        else:
            field = EffectiveField(film, condition.field_t)
            way = _followed(recipe, frame, condition, field, m, identity)
            m, is_settled, uncertain = way.m, way.is_settled, way.uncertain_looks
        record = {
            "field_t": condition.field_t,
            "temperature_k": condition.temperature_k,
            "is_settled": is_settled,
            "uncertain_looks": uncertain,
            "events": [asdict(event) for event in identity.end_frame()],
        }
        state = SweepState(m[0].cpu().numpy(), identity.state(), record)
        store.write(frame, state)
        m = torch.from_numpy(state.m)[None].to(device)  # as a sweep that goes on has it
        progress(frame + 1, len(conditions))
    write_outputs(store)
    return store


def _followed(
    recipe: SweepRecipe,
    frame: int,
    condition: Condition,
    field: EffectiveField,
    m: torch.Tensor,
    identity: SkyrmionIdentity,
) -> FollowedFilm:
    """Bring a film to the state of a frame, from the one before."""
    doubts = 0
    if recipe.agitation is not None and condition.temperature_k is not None:
        agitated = agitate_and_follow(
            field,
            m,
            identity,
            condition.temperature_k,
            recipe.agitation.damping,
            1e-12 * recipe.agitation.duration_ps,
            seed_of(recipe.seed, frame, "agitation"),
        )
        m, doubts = agitated.m, agitated.uncertain_looks
    relaxed = relax_and_follow(field, m, identity, recipe.relaxation)
    return relaxed._replace(uncertain_looks=relaxed.uncertain_looks + doubts)
