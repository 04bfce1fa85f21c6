"""`skyrmlive engines`: which engines there are, whether they are whole, how they come and go."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError

if TYPE_CHECKING:
    from ..inference.bundle import EngineBundle


class Action(str, Enum):
    """What to do."""

    LIST = "list"
    SHOW = "show"
    VERIFY = "verify"
    BUILD = "build"
    IMPORT = "import"
    EXPORT = "export"
    REMOVE = "remove"


def engines(
    action: Annotated[
        Action,
        typer.Argument(
            help="list: all engines; show: one engine's card; verify: check the files of one or "
            "all; build: compile one or all for this machine; import: take a bundle's folder or "
            "archive; export: write an archive; remove: delete one of your own."
        ),
    ] = Action.LIST,
    engine: Annotated[
        str | None,
        typer.Argument(help="Name of an engine, or folder of a bundle; to import also an archive."),
    ] = None,
    archive: Annotated[
        Path | None, typer.Argument(help="To export: the archive to write, such as my-engine.zip.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="To import: instead of the engine of that name.")
    ] = False,
    side: Annotated[
        int, typer.Option(min=256, max=8192, help="To build: pixels along a camera frame.")
    ] = 2048,
) -> None:
    """List the engines, show, verify or build them, import, export or remove one."""
    if action is Action.LIST:
        _list()
    elif action is Action.SHOW:
        _show(engine)
    elif action is Action.VERIFY:
        _verify(engine)
    elif action is Action.BUILD:
        _build(engine, side)
    elif engine is None:
        raise UserError(f"`engines {action.value}` needs an engine.")
    elif action is Action.IMPORT:
        _import(Path(engine), replace)
    elif action is Action.EXPORT:
        _export(engine, archive)
    else:
        _remove(engine)


def _list() -> None:
    from rich.console import Console
    from rich.table import Table

    from ..inference.bundle import EngineBundle
    from ..inference.engine_store import list_engines, user_directory

    found = list_engines()
    if not found:
        typer.echo(f"No engine is installed. Bundles in {user_directory()} are found by name.")
        return
    table = Table("engine", "voltage", "defocus", "tilt", "pixel", "state")
    for name, path in found.items():
        try:
            condition = EngineBundle.load(path).condition
        except UserError as error:  # one damaged bundle must not hide the others
            table.add_row(name, "", "", "", "", str(error))
            continue
        table.add_row(
            name,
            f"{condition.voltage_kv:g} kV",
            f"{condition.defocus_nm * 1e-6:g} mm",
            f"{condition.tilt_deg:g}°",
            f"{condition.pixel_size_nm:g} nm",
            "whole",
        )
    Console().print(table)


def _show(engine: str | None) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    from ..inference.bundle import EngineBundle
    from ..inference.engine_store import find_engine

    bundle = EngineBundle.load(find_engine(engine))
    console = Console()
    console.print(f"{bundle.engine_id} in {bundle.path}", highlight=False, soft_wrap=True)
    console.print_json(bundle.files["condition.json"].decode())
    console.print(Markdown(bundle.card))


def _verify(engine: str | None) -> None:
    for bundle in _one_or_all(engine):
        typer.echo(f"{bundle.engine_id}: {len(bundle.files)} files as in the manifest.")


def _build(engine: str | None, side: int) -> None:
    for bundle in _one_or_all(engine):
        typer.echo(built(bundle, side))


def built(bundle: EngineBundle, side: int = 2048) -> str:
    """Compile an engine for this machine and frames of side x side pixels; say how it does."""
    from ..inference.engine import Engine
    from ..inference.rehearsal import rehearse

    ready = Engine.from_bundle(bundle)
    tried = rehearse(ready, side)
    return (
        f"{ready.describe()}: the first frame of {side}x{side} pixels took "
        f"{tried.first_ms / 1e3:.1f} s, the next {tried.latency_ms['total']:.0f} ms each."
    )


def _one_or_all(engine: str | None) -> list[EngineBundle]:
    from ..inference.bundle import EngineBundle
    from ..inference.engine_store import find_engine, list_engines

    paths = list(list_engines().values()) if engine is None else [find_engine(engine)]
    if not paths:
        raise UserError("No engine is installed.")
    return [EngineBundle.load(path) for path in paths]


def _import(source: Path, replace: bool) -> None:
    from ..inference.engine_archive import import_engine

    bundle = import_engine(source, replace=replace)
    typer.echo(f"{bundle.engine_id} is installed in {bundle.path}.")


def _export(engine: str, archive: Path | None) -> None:
    from ..inference.engine_archive import export_engine

    if archive is None:
        raise UserError("`engines export` needs an engine and the archive to write.")
    bundle = export_engine(engine, archive)
    typer.echo(f"{bundle.engine_id} is in {archive}.")


def _remove(engine: str) -> None:
    from ..inference.engine_archive import remove_engine

    typer.echo(f"Removed {remove_engine(engine)}.")
