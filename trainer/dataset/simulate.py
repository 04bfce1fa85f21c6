"""Relax the films of a set, many at once, on any number of processes.

Film `index` follows from recipe, plan and seed alone: on a CPU bit by bit, whatever the batch and
the number of processes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from ...stream.errors import UserError
from ..torch_threads import torch_threads
from ..worker_processes import worker_pool
from .film_draw import FilmDraw, draw_film
from .film_set import SimulatedFilms
from .film_store import FilmStore
from .relaxed_films import RelaxedDraw, relax_draws, store_film

Records = list[dict[str, Any]]


def simulate_films(
    store: FilmStore, count: int, batch: int, workers: int, device: str
) -> Iterator[dict[str, Any]]:
    """Bring the set to `count` films and yield the record of each film that is new, in order.

    On a CPU every worker is a process of one thread: at this size a film fits a core's cache, two
    processes are faster than two threads, and sums do not depend on how threads share them. On a
    GPU this process relaxes large batches, while workers draw the next one and store the last.

    Raises
    ------
    UserError
        If the disk refuses, or a worker was killed; what was done is kept.
    """
    if not isinstance(store.provenance, SimulatedFilms):
        raise UserError(f"{store.path} holds films that were imported; none can be added.")
    done = {record["index"] for record in store.records()}
    missing = [index for index in range(count) if index not in done]
    # a run that goes on has the batches that it would have had
    batches = [list(group) for _, group in groupby(missing, key=lambda index: index // batch)]
    if device == "cpu" and (workers == 1 or len(batches) < 2):
        with torch_threads(1):
            for indices in batches:
                yield from _registered(store, _relax_and_store(store, indices))
        return
    hint = (
        f"the films that were done are kept in {store.path}, and fewer --workers or a smaller "
        "--batch may help"
    )
    with worker_pool(workers, _start_worker, store.path, hint=hint) as pool:
        if device == "cpu":
            made = pool.map(_work, batches)
        else:
            torch.use_deterministic_algorithms(True, warn_only=True)
            made = _relaxed_here(store.provenance, batches, pool, device)
        for records in made:
            yield from _registered(store, records)


def _registered(store: FilmStore, records: Records) -> Iterator[dict[str, Any]]:
    for record in records:
        store.register(record)
        yield record


def _relax_and_store(store: FilmStore, indices: list[int]) -> Records:
    films_of_set = store.provenance
    assert isinstance(films_of_set, SimulatedFilms)
    draws = [draw_film(films_of_set.recipe, films_of_set.seed, index) for index in indices]
    relaxed = relax_draws(draws, films_of_set, "cpu")
    return [
        store_film(store, index, draw, film)
        for index, draw, film in zip(indices, draws, relaxed, strict=True)
    ]


def _relaxed_here(
    films_of_set: SimulatedFilms, batches: list[list[int]], pool: ProcessPoolExecutor, device: str
) -> Iterator[Records]:
    """Relax batch after batch in this process; yield the records of each once it is stored."""
    ahead = deque([pool.submit(_draw, index) for index in indices] for indices in batches[:2])
    storing: deque[list[Future[dict[str, Any]]]] = deque()
    for number, indices in enumerate(batches):
        draws = [draw.result() for draw in ahead.popleft()]
        if number + 2 < len(batches):
            ahead.append([pool.submit(_draw, index) for index in batches[number + 2]])
        relaxed = relax_draws(draws, films_of_set, device)
        films = zip(indices, draws, relaxed, strict=True)
        storing.append([pool.submit(_store, *film) for film in films])
        while len(storing) > 1:
            yield [record.result() for record in storing.popleft()]
    for last in storing:
        yield [record.result() for record in last]


_worker_store: FilmStore


def _start_worker(path: Path) -> None:
    global _worker_store
    _worker_store = FilmStore.open(path)


def _work(indices: list[int]) -> Records:
    return _relax_and_store(_worker_store, indices)


def _draw(index: int) -> FilmDraw:
    films_of_set = _worker_store.provenance
    assert isinstance(films_of_set, SimulatedFilms)
    return draw_film(films_of_set.recipe, films_of_set.seed, index)


def _store(index: int, draw: FilmDraw, relaxed: RelaxedDraw) -> dict[str, Any]:
    return store_film(_worker_store, index, draw, relaxed)
