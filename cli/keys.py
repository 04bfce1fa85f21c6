"""`skyrmlive keys`: who may send frames to this computer, and who may see its results."""

from __future__ import annotations

import platform
import re
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..stream.errors import UserError
from .access_options import KeysFolder


class Action(str, Enum):
    """What to do."""

    NEW = "new"
    AUTHORISE = "authorise"
    REVOKE = "revoke"
    LIST = "list"


class May(str, Enum):
    """What a client is let in for."""

    SEND = "send"
    SEE = "see"
    BOTH = "both"


def keys(
    action: Annotated[
        Action,
        typer.Argument(
            help="new: make this computer's key; authorise: let the holder of a key in; revoke: "
            "no longer; list: the own key, and who is let in."
        ),
    ] = Action.LIST,
    subject: Annotated[
        str | None,
        typer.Argument(
            help="To make: a name for this computer. To authorise: a public key or the file of "
            "one. To revoke: a name or a public key."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="To authorise: what to call the holder, such as camera-pc.")
    ] = None,
    may: Annotated[
        May, typer.Option(help="To authorise: send frames, see results, or both.")
    ] = May.BOTH,
    keys: KeysFolder = None,
) -> None:
    """Make the key of this computer, and say whose keys are let in.

    A running `serve` takes changes at once.
    """
    from ..stream.security.key_folder import keys_folder

    folder = keys_folder(keys)
    if action is Action.NEW:
        _new(folder, subject)
    elif action is Action.LIST:
        _list(folder)
    elif subject is None:
        raise UserError(f"`keys {action.value}` needs a key.")
    elif action is Action.AUTHORISE:
        _authorise(folder, subject, name, may)
    else:
        _revoke(folder, subject)


def _new(folder: Path, name: str | None) -> None:
    from ..stream.security.key_folder import make_own_key, public_file
    from ..stream.security.keys import quoted

    key = make_own_key(folder, name or _host_name())
    public = quoted(key.public_key)
    typer.echo(f"The key of {key.name} is in {folder}. Its secret part stays there; the public is")
    typer.echo(f"  {key.public_key}")
    typer.echo(f"also in the file {public_file(folder, key.name)}, which may be handed about.")
    typer.echo("For others to let this computer in:")
    typer.echo(f"  skyrmlive keys authorise --name {key.name} {public}")
    typer.echo("For others to reach `serve` on this computer:")
    typer.echo(f"  skyrmlive send FILES --to tcp://ADDRESS:5555 --server-key {public}")


def _host_name() -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", platform.node().split(".")[0]).strip("-")[:63] or "own"


def _authorise(folder: Path, subject: str, name: str | None, may: May) -> None:
    from ..stream.security.authorised import authorise
    from ..stream.security.key_folder import read_public_key

    key, known_as = read_public_key(subject)
    client = authorise(folder, key, name or known_as, may.value)
    what = {May.SEND: "send frames", May.SEE: "see results", May.BOTH: "send and see"}[may]
    typer.echo(f"{client.name} may {what}.")


def _revoke(folder: Path, subject: str) -> None:
    from ..stream.security.authorised import revoke

    typer.echo(f"{revoke(folder, subject).name} is let in no longer.")


def _list(folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..stream.security.authorised import read_clients
    from ..stream.security.key_folder import OWN_KEY, read_own_key

    if (folder / OWN_KEY).exists():
        own = read_own_key(folder)
        typer.echo(f"This computer, {own.name}: {own.public_key}")
    else:
        typer.echo(f"This computer has no key in {folder}; `skyrmlive keys new` makes one.")
    clients = read_clients(folder)
    if not clients:
        typer.echo("Nobody else is let in.")
        return
    table = Table("name", "may", "since", "public key", box=None, pad_edge=False)
    for client in clients:  # as text, since a key may look like markup
        key = Text(client.public_key, no_wrap=True)
        table.add_row(client.name, client.may, client.since.isoformat(), key)
    Console(width=120).print(table)
