"""`skyrmlive evaluate`: how accurate engines are, on films or on pairs whose truth is known."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError

if TYPE_CHECKING:
    from ..trainer.evaluation.engine_accuracy import EngineAccuracy, EvaluationPlan

_SHOWN = (
    "jaccard",
    "f1",
    "ap50",
    "count_bias_percent",
    "invented_percent",
    "centre_error_nm",
    "diameter_bias_percent",
    "diameter_spread_percent",
    "coverage",
)


def evaluate(
    engine: Annotated[
        list[str] | None,
        typer.Option(help="Name or folder; may be given several times. The shipped one if absent."),
    ] = None,
    films: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of films to image; of another seed than those it learned from."),
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Folder of pairs NAME_image.tif, NAME_label.tif.")
    ] = None,
    unlike: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FOLDER of films that it should call unfamiliar, such as stripes."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many films.")] = None,
    axes_limit: Annotated[
        int | None,
        typer.Option(min=1, help="Only the first so many films along other axes than noise."),
    ] = None,
    mask_threshold: Annotated[
        float | None,
        typer.Option(help="The films' mask is Mz below this; by default as each engine learned."),
    ] = None,
    erosion_cells: Annotated[
        int | None,
        typer.Option(
            min=0, help="Erosion of the films' labels; by default as each engine learned."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0,
    out: Annotated[
        Path, typer.Option(help="Folder for the tables, one below it an engine.")
    ] = Path("accuracy"),
    report: Annotated[
        Path | None, typer.Option(help="Page to write, a .md file; its pictures go beside it.")
    ] = None,
    history: Annotated[
        Path | None, typer.Option(help="history.jsonl of a training, for the page's curve.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Take what --out holds of an engine on the very same films."),
    ] = False,
) -> None:
    """Hold engines against the truth: at all noises, doses, defocuses and tilts.

    Prints what was found against noise; the tables have every image and every skyrmion, and
    --report writes the whole as a page with plots.
    """
    from ..inference.engine_store import find_engine
    from .needs_torch import need_torch

    need_torch("evaluate")
    from ..inference.bundle import EngineBundle
    from ..trainer.engine.labels_learned import labels_learned
    from ..trainer.evaluation.engine_accuracy import EvaluationPlan
    from ..trainer.evaluation.film_processes import Bench
    from ..trainer.evaluation.report import write_report

    if not films and pairs is None:
        raise UserError("Give --films, --pairs or both.")
    if report is not None and not films:
        raise UserError("--report needs --films.")
    if history is not None and not history.is_file():
        raise UserError(f"There is no history of a training at {history}.")
    asked = {"threshold": mask_threshold, "erosion_cells": erosion_cells}
    asked = {name: value for name, value in asked.items() if value is not None}
    unfamiliar = _named_folders(unlike or [])
    measured: list[EngineAccuracy] = []
    for name in engine or [None]:
        path = find_engine(name)
        rule = labels_learned(EngineBundle.load(path)).model_copy(update=asked)
        bench = Bench(path, tuple(films or ()), rule)
        numbers = tuple(bench.films(limit)) if films else ()
        plan = EvaluationPlan(bench, numbers, unfamiliar, pairs, axes_limit)
        accuracy = plan.kept(out) if resume else None
        if accuracy is None:
            accuracy = _run(plan, workers or os.cpu_count() or 1)
            accuracy.save(out / accuracy.engine_id)
        folder = out / accuracy.engine_id
        if numbers:
            accuracy.save_summaries(folder)
        _show(accuracy, plan)
        print(f"Every image and every skyrmion in {folder}.")
        measured.append(accuracy)
    if report is not None:
        command = _command(engine, films, limit, axes_limit, pairs, unlike, asked)
        write_report(report, measured, [command], history)
        print(f"Report in {report}.")


def _run(plan: EvaluationPlan, workers: int) -> EngineAccuracy:
    from rich.progress import Progress

    with Progress(transient=True) as progress:
        task = progress.add_task(f"Evaluating {plan.bench.bundle.name}", total=plan.steps)
        return plan.run(workers, lambda: progress.advance(task))


def _named_folders(given: list[str]) -> dict[str, Path]:
    named = {}
    for each in given:
        name, equals, folder = each.partition("=")
        if not (name and equals and folder):
            raise UserError(f"--unlike is NAME=FOLDER, not {each!r}.")
        named[name] = Path(folder)
    return named


def _show(accuracy: EngineAccuracy, plan: EvaluationPlan) -> None:
    """Print what most people want to know."""
    from ..trainer.evaluation.pairs import summarise_pairs

    print(accuracy.engine_id)
    if accuracy.tables is not None:
        summary = accuracy.along("noise")[list(_SHOWN)]
        print(f"{len(plan.numbers)} films, by Gaussian noise in percent")
        print(summary.T.to_string(float_format="{:.3f}".format))
    if accuracy.pairs is not None:
        print(f"pairs of {plan.pairs}, mean by Gaussian noise in percent")
        print(summarise_pairs(accuracy.pairs).to_string(float_format="{:.3f}".format))


def _command(
    engines: list[str] | None,
    films: list[Path] | None,
    limit: int | None,
    axes_limit: int | None,
    pairs: Path | None,
    unlike: list[str] | None,
    rule: dict[str, float],
) -> str:
    """Return the command that was given, without the places where it wrote."""
    parts = ["skyrmlive evaluate"]
    parts += [f"--engine {Path(name).name}" for name in engines or []]
    parts += [f"--films {path.name}" for path in films or []]
    if limit is not None:
        parts.append(f"--limit {limit}")
    if axes_limit is not None:
        parts.append(f"--axes-limit {axes_limit}")
    named = _named_folders(unlike or [])
    parts += [f"--unlike {name}={folder.name}" for name, folder in named.items()]
    options = {"threshold": "--mask-threshold", "erosion_cells": "--erosion-cells"}
    parts += [f"{options[name]} {value}" for name, value in rule.items()]
    if pairs is not None:
        parts.append("--pairs KIT")
    return " ".join(parts)
