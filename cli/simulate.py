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

    need_torch("simulate")
    from ..trainer.dataset.film_recipe import PRESETS
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
    records = store.records()
    print(describe_films(records))


def describe_films(records: list[dict]) -> str:
    """Return a few lines on what the films of a set look like."""
    empty = sum(record["skyrmions"] + record["stripes"] == 0 for record in records)
    striped = sum(record["stripes"] > 0 for record in records)
    settled = sum(record["settled"] for record in records)
    regular = [r["regularity"] for r in records if r["regularity"] is not None]
    diameters = [r["mean_diameter_nm"] for r in records if r["mean_diameter_nm"] is not None]
    lines = [
        f"{len(records)} films, {settled} settled, {empty} empty, {striped} with stripes",
        f"{sum(record['skyrmions'] for record in records)} skyrmions",
    ]
    if diameters:
        lines[-1] += f", mean diameter (Mz = 0) {min(diameters):.0f} to {max(diameters):.0f} nm"
    if regular:
        lines.append(
            "neighbour distance over the ideal lattice's: "
            f"median {sorted(regular)[len(regular) // 2]:.2f}, "
            f"from {min(regular):.2f} to {max(regular):.2f}"
        )
    lines.append(f"{sum(r['seconds'] for r in records) / len(records):.1f} s a film and process")
    return "\n".join(lines)
