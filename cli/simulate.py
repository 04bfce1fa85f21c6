"""`skyrmlive simulate`: the films of a training set, those of mumax3, or one film's sweep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..stream.errors import UserError

if TYPE_CHECKING:
    from ..trainer.dataset.film_store import FilmStore


_OF_FILMS_TO_RELAX = ("films", "preset", "recipe", "workers", "max_steps", "batch")
#: What each of these has no use for, and why.
_USELESS = {
    "sweep": (
        (*_OF_FILMS_TO_RELAX, "from_ovf", "ms", "periodic", "to_ovf"),
        "which follows the one film of its own recipe",
    ),
    "from_ovf": ((*_OF_FILMS_TO_RELAX, "seed"), "which takes the films as they are"),
}


def _ovf_option(text: str, *names: str) -> Any:
    return typer.Option(*names, help=text, rich_help_panel="Films of mumax3 or OOMMF")


def simulate(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the set; an interrupted one is gone on with.")
    ] = None,
    films: Annotated[int, typer.Option(min=1, help="Number of films the set shall have.")] = 400,
    preset: Annotated[str, typer.Option(help="Recipe that comes along.")] = "neel-lattice",
    recipe: Annotated[Path | None, typer.Option(help="Recipe of your own, a TOML file.")] = None,
    print_recipe: Annotated[
        bool, typer.Option("--print-recipe", help="Print the preset as TOML, to be edited.")
    ] = False,
    seed: Annotated[
        int,
        typer.Option(
            min=0, help="Films of different seeds are independent; a sweep has one of its own."
        ),
    ] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes on the CPU; 0 is one a core.")] = 0,
    max_steps: Annotated[
        int | None, typer.Option(min=1, help="Descent steps a film may take.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    batch: Annotated[
        int, typer.Option(min=0, help="Films at once; 0: 1 on a CPU, 64 on a GPU.")
    ] = 0,
    sweep: Annotated[
        str | None,
        typer.Option(
            help="Follow one film through a sweep: field-loop, heating, or a TOML file.",
            rich_help_panel="One film through field or temperature",
        ),
    ] = None,
    from_ovf: Annotated[
        Path | None,
        _ovf_option("Take the films from the .ovf files below this folder, all on one grid."),
    ] = None,
    ms: Annotated[
        float | None, _ovf_option("Ms in A/m, where the files hold unit vectors.")
    ] = None,
    periodic: Annotated[
        bool,
        _ovf_option("They repeat in the plane (SetPBC); else they end in vacuum.", "--periodic"),
    ] = False,
    to_ovf: Annotated[
        Path | None, _ovf_option("Write the films of the set into this folder as well, in A/m.")
    ] = None,
) -> None:
    """Make a set of films: relaxed from disordered states, or taken over from mumax3.

    Or follow one film through a sweep: frames to send, and the truth about every skyrmion in them.
    """
    _refuse_useless(context)
    from .needs_torch import need_torch

    need_torch("simulate", device)
    from ..trainer.dataset.film_set import SimulatedFilms
    from ..trainer.dataset.film_statistics import describe_films
    from ..trainer.dataset.recipe_files import load_preset, load_recipe, preset_text
    from ..trainer.micromagnetics.relaxation import RelaxationPlan
    from ..trainer.sweep.recipe_files import sweep_text
    from .film_sets import relaxed_set

    if print_recipe:
        print(preset_text(preset) if sweep is None else sweep_text(sweep), end="")
        return
    if out is None:
        raise UserError("Give the folder of the set by --out.")
    if sweep is not None:
        _swept(out, sweep, seed if _is_given(context, "seed") else None, device)
        return
    if from_ovf is not None:
        store = _imported(out, from_ovf, ms, periodic)
    else:
        if ms is not None or periodic:
            raise UserError("--ms and --periodic belong to --from-ovf.")
        chosen = load_preset(preset) if recipe is None else load_recipe(recipe)
        plan = RelaxationPlan() if max_steps is None else RelaxationPlan(max_steps=max_steps)
        source = SimulatedFilms(recipe=chosen, plan=plan, seed=seed)
        store = relaxed_set(out, source, films, batch, workers, device)
    print(describe_films(store.records()))
    if to_ovf is not None:
        from ..trainer.dataset.ovf_export import export_films

        print(f"{export_films(store, to_ovf)} OVF files in {to_ovf}.")


def _refuse_useless(context: typer.Context) -> None:
    """Nobody shall wait for films that are not what was asked for."""
    for master, (useless, reason) in _USELESS.items():
        for name in useless:
            if _is_given(context, master) and _is_given(context, name):
                raise UserError(f"{_option(name)} does not go with {_option(master)}, {reason}.")


def _is_given(context: typer.Context, name: str) -> bool:
    """Say whether the user has given this option, even with the value that it has anyway."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _swept(out: Path, name_or_file: str, seed: int | None, device: str) -> None:
    """Follow one film through a sweep, with its own seed if `seed` is None."""
    import torch
    from rich.progress import Progress

    from ..trainer.sweep.recipe_files import load_sweep
    from ..trainer.sweep.run import run_sweep

    recipe = load_sweep(name_or_file)
    if seed is not None:
        recipe = recipe.model_copy(update={"seed": seed})
    torch.set_num_threads(1)  # a film fits one core's cache
    with Progress() as progress:
        task = progress.add_task("Following the film")
        run_sweep(
            recipe,
            out,
            device,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    print(f"{len(recipe.conditions())} frames and the truth about them in {out}:")
    print(f"skyrmlive send {out / 'frames.tif'} shows them to `serve`.")


def _imported(out: Path, folder: Path, ms: float | None, periodic: bool) -> FilmStore:
    """Take over the films in the OVF files below a folder."""
    from rich.progress import track

    from ..trainer.dataset.film_set import ImportedFilms
    from ..trainer.dataset.film_store import FilmStore
    from ..trainer.dataset.ovf_import import import_films, look_through, read_film

    if ms is not None and not 0 < ms < 1e7:
        raise UserError(f"--ms is {ms:g} A/m, but no magnet is so.")
    found = look_through(folder, periodic)
    read_film(folder / found.files[0], ms)  # says whether --ms is wanted before anything is written
    if found.passed_over:
        print(f"{found.passed_over} OVF files hold other quantities and are passed over.")
    provenance = ImportedFilms(folder=str(folder), files=found.files, saturation_magnetisation=ms)
    store = FilmStore.create(out, found.grid, provenance, len(found.files))
    missing = len(found.files) - len(store.records())
    for _ in track(import_films(store), description="Reading films", total=missing):
        pass
    return store
