"""`skyrmlive engines`: which engines there are, and whether they are whole."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from ..stream.errors import UserError


class Action(str, Enum):
    """What to do."""

    LIST = "list"
    SHOW = "show"
    VERIFY = "verify"


def engines(
    action: Annotated[
        Action,
        typer.Argument(help="list: all engines; show: one engine's card; verify: check its files."),
    ] = Action.LIST,
    engine: Annotated[
        str | None,
        typer.Argument(help="Name of an engine or folder of a bundle; verify without it: all."),
    ] = None,
) -> None:
    """List the installed engines, show one, or verify their files."""
    if action is Action.LIST:
        _list()
    elif action is Action.SHOW:
        _show(engine)
    else:
        _verify(engine)


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
    from ..inference.bundle import EngineBundle
    from ..inference.engine_store import find_engine, list_engines

    paths = list(list_engines().values()) if engine is None else [find_engine(engine)]
    if not paths:
        raise UserError("No engine is installed.")
    for path in paths:
        bundle = EngineBundle.load(path)
        typer.echo(f"{bundle.engine_id}: {len(bundle.files)} files as in the manifest.")
