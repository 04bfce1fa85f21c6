"""`skyrmlive train`: fit a network to films and write an engine bundle."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..stream.errors import UserError
from .engines import built

if TYPE_CHECKING:
    from pydantic import ValidationError

    from ..trainer.learning.examples import ExampleSource
    from ..trainer.learning.training import Training
    from ..trainer.learning.training_recipe import TrainingRecipe


_USUAL = "neel-2mm-20deg"


def _recipe_option(text: str, least: int | None = None) -> Any:
    return typer.Option(help=text, min=least, rich_help_panel="What replaces a part of the recipe")


def train(
    out: Annotated[
        Path | None, typer.Option(help="Engine bundle to write; its folder's name is its own.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help=f"Recipe that comes along; {_USUAL} if absent.")
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="Recipe of your own, a TOML file.")] = None,
    go_on_from: Annotated[
        str | None,
        typer.Option(
            help="Engine that learns on, --steps more on films that fill an image; by its own "
            "recipe, unless --preset or --recipe gives another. Its sense of size stays as it is, "
            "unless --sense-examples are to be drawn for it."
        ),
    ] = None,
    print_recipe: Annotated[
        bool, typer.Option("--print-recipe", help="Print the preset as TOML, to be edited.")
    ] = False,
    films: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of films to learn from; may be given several times. "
            "Without it, those of the recipe are made in --farm."
        ),
    ] = None,
    farm: Annotated[Path, typer.Option(help="Where the films of recipes are kept.")] = Path(
        "films"
    ),
    run: Annotated[
        Path | None, typer.Option(help="Folder of checkpoints; an interrupted run is gone on with.")
    ] = None,
    start_from: Annotated[
        str | None, _recipe_option("Engine whose weights it starts from; 'nothing' for none.")
    ] = None,
    defocus_nm: Annotated[
        float | None, _recipe_option("Defocus, within 10 %; negative is underfocus.")
    ] = None,
    tilt_deg: Annotated[float | None, _recipe_option("Tilt, within 3 degrees.")] = None,
    voltage_kv: Annotated[float | None, _recipe_option("Acceleration voltage.")] = None,
    steps: Annotated[int | None, _recipe_option("Gradient steps.", 1)] = None,
    batch: Annotated[int | None, _recipe_option("Images a step.", 1)] = None,
    sense_examples: Annotated[
        int | None, _recipe_option("Images that the sense of size is fitted to.", 0)
    ] = None,
    seed: Annotated[int | None, _recipe_option("Of weights and examples.", 0)] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Train an engine on simulated films, by a recipe.

    A recipe names films, imaging condition, labels, noise, network and plan. For a condition of
    your own, give --defocus-nm and --tilt-deg, or edit what --print-recipe prints.
    """
    from .needs_torch import need_torch

    need_torch("train", device)
    from ..inference.bundle import EngineBundle
    from ..inference.condition import is_engine_name
    from ..inference.engine_store import find_engine
    from ..trainer.dataset.film_store import FilmStore
    from ..trainer.engine.engine_writer import write_engine
    from ..trainer.engine.weights import weights_of
    from ..trainer.learning.examples import ExampleSource
    from ..trainer.learning.film_split import split_films
    from ..trainer.learning.training import Training
    from .film_sets import wanted_set
    from .steady_running import keep_freed_memory

    if print_recipe:
        from ..trainer.learning.training_recipe import PRESETS

        print(PRESETS.text(preset or _USUAL), end="")
        return
    if out is None:
        raise UserError("Give the bundle to write by --out.")
    if not is_engine_name(out.name):
        raise UserError(
            f"{out.name!r} cannot name an engine: the last part of --out may hold lower-case "
            "letters, digits, '.', '_' and '-'."
        )
    chosen = _chosen(preset, recipe, go_on_from)
    chosen = _changed(chosen, defocus_nm, tilt_deg, voltage_kv, start_from)
    chosen = chosen.planned(steps=steps, batch=batch, sense_examples=sense_examples)
    if go_on_from is not None:
        chosen = chosen.going_on(go_on_from, sense_examples or 0)
    chosen = chosen.planned(seed=seed)
    start = None
    if chosen.start_from is not None:
        bundle = EngineBundle.load(find_engine(chosen.start_from))
        start = weights_of(bundle)
        # a folder of this machine means nothing to who reads the card
        chosen = chosen.model_copy(update={"start_from": bundle.condition.name})
    if films:
        stores, strange = [FilmStore.open(path) for path in films], []
    else:
        stores = [wanted_set(farm, wanted, device) for wanted in chosen.films]
        strange = [
            store
            for store, wanted in zip(stores, chosen.films, strict=True)
            if not wanted.is_ordinary
        ]
    learning, kept_back = split_films(stores, chosen.plan.window)
    source, validation = (
        ExampleSource(
            films,
            chosen.labels,
            chosen.optics,
            chosen.degradation,
            resizing,
            chosen.plan.window,
            chosen.bending,
        )
        # kept-back films are as they are: what they say of the engine is of real textures
        for films, resizing in ((learning, chosen.resizing), (kept_back, None))
    )
    keep_freed_memory()
    training = Training(run or Path("runs") / out.name, chosen, device, start)
    print(f"Learning from {len(source)} films, validating on {len(validation)}.")
    _learn(training, source, validation)
    if not training.is_finishing:
        _sense_sizes(training, source)
    if chosen.plan.finish_steps:
        finish = training.finishing()
        _learn(finish, source.filling(), validation)
        training.end_with(finish)
    ordinary = source.without(strange), validation.without(strange)
    bundle = write_engine(out, out.name, training, stores, *ordinary)
    print(bundle.card)
    print(f"Engine written to {bundle.path}.")
    print(built(bundle))


def _chosen(preset: str | None, file: Path | None, go_on_from: str | None) -> TrainingRecipe:
    from ..inference.bundle import EngineBundle
    from ..inference.engine_store import find_engine
    from ..trainer.learning.training_recipe import PRESETS, recipe_of

    if file is not None:
        chosen = PRESETS.load_file(file)
    elif preset is not None or go_on_from is None:
        chosen = PRESETS.load(preset or _USUAL)
    else:
        chosen = recipe_of(EngineBundle.load(find_engine(go_on_from)))
    return chosen


def _changed(
    recipe: TrainingRecipe,
    defocus_nm: float | None,
    tilt_deg: float | None,
    voltage_kv: float | None,
    start_from: str | None,
) -> TrainingRecipe:
    """Return the recipe for another imaging condition, or another start.

    Raises
    ------
    UserError
        If the condition is impossible; it names the option.
    """
    from pydantic import ValidationError

    from ..trainer.learning.optics import Optics

    update: dict[str, Any] = {}
    if start_from is not None:
        update["start_from"] = None if start_from == "nothing" else start_from
    try:
        if not defocus_nm == tilt_deg == voltage_kv == None:  # noqa: E711
            optics = recipe.optics
            microscope = optics.microscope
            if voltage_kv is not None:
                changed = microscope.model_dump() | {"voltage_kv": voltage_kv}
                microscope = type(microscope).model_validate(changed)
            update["optics"] = Optics.around(
                optics.defocus_nm if defocus_nm is None else defocus_nm,
                optics.tilt_deg if tilt_deg is None else tilt_deg,
                microscope,
            )
        return type(recipe).model_validate(dict(recipe) | update)
    except ValidationError as error:
        raise UserError(_by_option(error)) from None


def _by_option(error: ValidationError) -> str:
    """Return the first problem in one sentence that calls options as they are typed."""
    problem = error.errors(include_url=False)[0]
    message = problem["msg"].removeprefix("Value error, ")
    if problem["loc"] and message.startswith("Input "):
        message = f"{problem['loc'][-1]}: {message}"
    message = re.sub(
        r"\b(defocus_nm|tilt_deg|voltage_kv)\b",
        lambda name: f"--{name[0].replace('_', '-')}",
        message,
    )
    return f"{message[0].upper()}{message[1:]}."


def _sense_sizes(training: Training, source: ExampleSource) -> None:
    """Fit the sense of a frame's mean size to more frames than the steps have shown."""
    from rich.progress import Progress

    from ..trainer.learning.network import SkyrmNet
    from ..trainer.learning.sense_fit import EPOCHS_IN_ALL, fit_size_sense

    plan = training.plan
    if plan.sense_examples == 0 or not isinstance(training.best, SkyrmNet):
        return
    training.best = training.best.cpu()
    with Progress() as progress:
        drawn = progress.add_task("Frames for the sense of size", total=plan.sense_examples)
        fitted = progress.add_task("Its fits", total=EPOCHS_IN_ALL)
        fit_size_sense(
            training.best,
            source.under(training.recipe.sense_optics),
            plan.sense_examples,
            plan.seed,
            plan.loader_processes,
            lambda done: progress.update(drawn, completed=done),
            lambda: progress.advance(fitted),
        )


def _learn(training: Training, source: ExampleSource, validation: ExampleSource) -> None:
    """Run the training with a live line of loss and validation."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("step {task.completed}/{task.total}"),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns) as progress:
        task = progress.add_task("", total=training.plan.steps, completed=training.step, figures="")
        smooth, jaccard = None, ""
        for report in training.run(source, validation):
            smooth = report["loss"] if smooth is None else 0.95 * smooth + 0.05 * report["loss"]
            if "mask_jaccard" in report:
                jaccard = (
                    f", validation {report['validation_loss']:.4f}, "
                    f"Jaccard {report['mask_jaccard']:.3f} (core {report['core_jaccard']:.3f})"
                )
                progress.console.print(f"step {training.step}: loss {smooth:.4f}{jaccard}")
            progress.update(task, completed=training.step, figures=f"loss {smooth:.4f}{jaccard}")
    if training.step < training.plan.steps:
        print(f"Stopped early: no better validation in {training.plan.patience} tries.")
