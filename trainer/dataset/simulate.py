"""Relax the films of a set, many at once, on any number of processes."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..micromagnetics.effective_field import EffectiveField
from ..micromagnetics.material import FilmBatch
from ..micromagnetics.multiresolution import relax_film
from .film_recipe import FilmDraw, FilmRecipe, draw_film
from .film_statistics import film_statistics
from .film_store import FilmStore


def film_batch(draws: list[FilmDraw], recipe: FilmRecipe) -> FilmBatch:
    """Return the drawn films as one batch, in float64."""

    def maps(values: list[np.ndarray]) -> torch.Tensor:
        return torch.tensor(np.stack(values))

    shape = draws[0].grain.shape
    return FilmBatch(
        maps([draw.saturation_magnetisation for draw in draws]),
        maps([np.full(shape, draw.exchange_stiffness) for draw in draws]),
        maps([np.full(shape, draw.interfacial_dmi) for draw in draws]),
        maps([draw.grain for draw in draws]),
        recipe.intergrain_exchange,
        recipe.cell_size_nm,
        recipe.thickness_nm,
    )


def simulate_batch(store: FilmStore, indices: list[int], device: str) -> list[dict[str, Any]]:
    """Draw, relax and store some films of a set; return their records for the register."""
    started = time.perf_counter()
    recipe = store.recipe
    draws = [draw_film(recipe, store.seed, index) for index in indices]
    films = film_batch(draws, recipe).to(device)
    field_t = torch.tensor([draw.applied_field_t for draw in draws])
    start = torch.tensor(np.stack([draw.start for draw in draws])).to(device)
    m, coarse_steps, settled = relax_film(films, field_t, start, store.plan)
    energy_j = EffectiveField(films, field_t).energy(m)
    seconds = (time.perf_counter() - started) / len(indices)
    records = []
    for position, (index, draw) in enumerate(zip(indices, draws, strict=True)):
        unit = m[position].cpu().numpy()
        store.write_arrays(index, unit, draw.saturation_magnetisation)
        records.append(
            {
                "index": index,
                "start": draw.start_kind,
                "mean_ms": float(draw.saturation_magnetisation.mean()),
                "exchange_stiffness": draw.exchange_stiffness,
                "interfacial_dmi": draw.interfacial_dmi,
                "applied_field_t": draw.applied_field_t,
                "grains": int(draw.grain.max()) + 1,
                "coarse_steps": int(coarse_steps[position]),
                "settled": bool(settled[position]),
                "energy_j": float(energy_j[position]),
                "seconds": seconds,
                **film_statistics(unit[2], recipe.cell_size_nm),
            }
        )
    return records


_worker_store: FilmStore


def _start_worker(path: Path) -> None:
    global _worker_store
    torch.set_num_threads(1)
    _worker_store = FilmStore.open(path)


def _work(indices: list[int]) -> list[dict[str, Any]]:
    return simulate_batch(_worker_store, indices, "cpu")


def simulate_films(
    store: FilmStore, count: int, batch: int, workers: int, device: str
) -> Iterator[dict[str, Any]]:
    """Bring the set to `count` films and yield the record of each film that is new.

    On a CPU every worker is a process of one thread: at this size a film fits a core's cache, and
    two processes are faster than two threads. On a GPU one process takes large batches.
    """
    done = {record["index"] for record in store.records()}
    missing = [index for index in range(count) if index not in done]
    batches = [missing[start : start + batch] for start in range(0, len(missing), batch)]
    if device != "cpu" or workers == 1:
        for indices in batches:
            for record in simulate_batch(store, indices, device):
                store.register(record)
                yield record
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _start_worker, (store.path,)) as pool:
        for records in pool.imap_unordered(_work, batches):
            for record in records:
                store.register(record)
                yield record
