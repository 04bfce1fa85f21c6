"""`skyrmlive simulate`: relax the films of a training set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ..stream.errors import UserError


def simulate(
    out: Annotated[
        Path, typer.Option(help="Folder of the set; an interrupted one is gone on with.")
    ],
    films: Annotated[int, typer.Option(min=1, help="Number of films the set shall have.")] = 400,
    preset: Annotated[
        str, typer.Option(help="Material: paper, paper-text or paper-swept.")
    ] = "paper",
    seed: Annotated[int, typer.Option(help="Films of different seeds are independent.")] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes on the CPU; 0 is one a core.")] = 0,
    coarse_steps: Annotated[
        int, typer.Option(min=1, help="At most so many steps on coarse cells.")
    ] = 4000,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    batch: Annotated[
        int, typer.Option(min=0, help="Films at once; 0: 1 on a CPU, 64 on a GPU.")
    ] = 0,
) -> None:
    """Simulate the magnetisation of many films, relaxed from disordered states."""
    from rich.progress import track

    from .needs_torch import need_torch

    need_torch("simulate", device)
    from ..trainer.dataset.film_recipe import PRESETS
    from ..trainer.dataset.film_statistics import describe_films
    from ..trainer.dataset.film_store import FilmStore
    from ..trainer.dataset.simulate import simulate_films
    from ..trainer.micromagnetics.multiresolution import RelaxationPlan

    if preset not in PRESETS:
        raise UserError(f"There is no preset {preset!r}; there are {', '.join(PRESETS)}.")
    store = FilmStore.create(
        out, PRESETS[preset], RelaxationPlan(coarse_steps_max=coarse_steps), seed, films
    )
    already = len(store.records())
    if already:
        print(f"{out} holds {already} films; going on.")
    new = simulate_films(
        store,
        films,
        batch or (1 if device == "cpu" else 64),
        workers or os.cpu_count() or 1,
        device,
    )
    for _ in track(new, description="Relaxing films", total=max(0, films - already)):
        pass
    print(describe_films(store.records()))
