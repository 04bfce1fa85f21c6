"""Sets of films made on demand, for `simulate` and `train` alike."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..trainer.dataset.film_set import SimulatedFilms
    from ..trainer.dataset.film_store import FilmStore
    from ..trainer.learning.training_recipe import WantedFilms


def relaxed_set(
    out: Path, source: SimulatedFilms, films: int, batch: int, workers: int, device: str
) -> FilmStore:
    """Draw and relax the films that are missing in a set, with a bar.

    Parameters
    ----------
    batch, workers
        0 is what suits the device.
    """
    from rich.progress import track

    from ..trainer.dataset.film_store import FilmStore
    from ..trainer.dataset.simulate import simulate_films

    store = FilmStore.create(out, source.recipe.grid, source, films)
    already = len(store.records())
    if already:
        print(f"{out} holds {already} films{'; going on' if already < films else ''}.")
    new = simulate_films(
        store,
        films,
        batch or (1 if device == "cpu" else 64),
        workers or os.cpu_count() or 1,
        device,
    )
    missing = max(0, films - already)
    started, number = time.perf_counter(), 0
    for _ in track(new, description="Relaxing films", total=missing, disable=not missing):
        number += 1
    if number:
        print(f"{number} films in {time.perf_counter() - started:.0f} s")
    return store


def wanted_set(folder: Path, wanted: WantedFilms, device: str) -> FilmStore:
    """Return the set that a training recipe names, made in `folder` as far as it is missing.

    Another recipe may have asked for more of the same films: they are not of the set.
    """
    from ..trainer.dataset.film_set import SimulatedFilms
    from ..trainer.dataset.recipe_files import load_preset
    from ..trainer.micromagnetics.relaxation import RelaxationPlan

    plan = RelaxationPlan()
    if wanted.max_steps is not None:
        plan = RelaxationPlan(max_steps=wanted.max_steps)
    recipe = load_preset(wanted.preset)
    if wanted.cells is not None:
        recipe = recipe.model_copy(update={"cells": wanted.cells})
    source = SimulatedFilms(recipe=recipe, plan=plan, seed=wanted.seed)
    path = folder / f"{wanted.preset}-{wanted.seed}"
    return relaxed_set(path, source, wanted.films, 0, 0, device).first(wanted.films)
