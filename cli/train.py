"""`skyrmlive train`: fit the network to films and write an engine bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..stream.errors import UserError


def train(
    films: Annotated[list[Path], typer.Option(help="Folder of films; may be given several times.")],
    out: Annotated[
        Path, typer.Option(help="Engine bundle to write; its folder's name is its own.")
    ],
    run: Annotated[
        Path | None, typer.Option(help="Folder of checkpoints; an interrupted run is gone on with.")
    ] = None,
    defocus_nm: Annotated[float, typer.Option(help="Negative is underfocus.")] = -2e6,
    tilt_deg: Annotated[float, typer.Option(min=0, max=80)] = 20.0,
    voltage_kv: Annotated[float, typer.Option(min=1)] = 200.0,
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps.")] = 3000,
    batch: Annotated[int, typer.Option(min=1, help="Images a step.")] = 16,
    filters: Annotated[int, typer.Option(min=4, help="Filters of the first level.")] = 24,
    mask_threshold: Annotated[float, typer.Option(help="The mask is Mz below this.")] = 0.97,
    erosion_cells: Annotated[int, typer.Option(min=0, help="Erosion of the mask label.")] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train an engine for one imaging condition on simulated films."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from .needs_torch import need_torch

    need_torch("train", device)
    from ..inference.condition import is_engine_name
    from ..trainer.dataset.film_store import FilmStore
    from ..trainer.dataset.labels import LabelRule
    from ..trainer.learning.engine_writer import write_engine
    from ..trainer.learning.examples import ExampleSource, Optics, split_films
    from ..trainer.learning.noise import NoiseRecipe
    from ..trainer.learning.training import Training, TrainingPlan
    from ..trainer.lorentz.microscope import Microscope

    if not is_engine_name(out.name):
        raise UserError(
            f"{out.name!r} cannot name an engine: the last part of --out may hold lower-case "
            "letters, digits, '.', '_' and '-'."
        )
    if defocus_nm == 0:
        raise UserError("In focus a magnetic film shows nothing; give a defocus.")
    optics = Optics(Microscope(voltage_kv=voltage_kv), defocus_nm, tilt_deg)
    rule, noise = LabelRule(threshold=mask_threshold, erosion_cells=erosion_cells), NoiseRecipe()
    stores = [FilmStore.open(path) for path in films]
    learning, kept_back = split_films(stores)
    source = ExampleSource(learning, rule, optics, noise)
    validation = ExampleSource(kept_back, rule, optics, noise)
    plan = TrainingPlan(steps=steps, batch=batch, filters=filters, seed=seed)
    training = Training(run or Path("runs") / out.name, plan, device)
    print(f"Learning from {len(source)} films, validating on {len(validation)}.")
    columns = (
        TextColumn("step {task.completed}/{task.total}"),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns) as progress:
        task = progress.add_task("", total=steps, completed=training.step, figures="")
        smooth, jaccard = None, ""
        for report in training.run(source, validation):
            smooth = report["loss"] if smooth is None else 0.95 * smooth + 0.05 * report["loss"]
            if "mask_jaccard" in report:
                jaccard = (
                    f", Jaccard {report['mask_jaccard']:.3f} (core {report['core_jaccard']:.3f})"
                )
                progress.console.print(f"step {training.step}: loss {smooth:.4f}{jaccard}")
            progress.update(task, completed=training.step, figures=f"loss {smooth:.4f}{jaccard}")
    bundle = write_engine(out, out.name, training, stores, validation, rule)
    print(bundle.card)
    print(f"Engine written to {bundle.path}.")
