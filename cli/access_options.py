"""The options about encryption, and the keys that they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError

if TYPE_CHECKING:
    from ..stream.security import ClientAccess, ServerAccess

_PANEL = "Encryption"

KeysFolder = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        help="Folder of the keys; also $SKYRMLIVE_KEYS.",
        show_default="in the user's configuration",
        rich_help_panel=_PANEL,
    ),
]
ServerKey = Annotated[
    str | None,
    typer.Option(
        help="Public key of the computer to connect to, or the file of one; encrypts.",
        rich_help_panel=_PANEL,
    ),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure",
        help="Speak without encryption on the network; anybody there may then join in.",
        rich_help_panel=_PANEL,
    ),
]


def server_access(
    address: str, *, keys: Path | None = None, insecure: bool = False
) -> ServerAccess | None:
    """Return what a socket needs that is bound to `address`; None where it speaks in the clear.

    On loopback nothing is needed, but a folder of `keys` that was given is used.

    Raises
    ------
    UserError
        If the options do not go together, or there is no key.
    """
    from ..stream.addresses import check_address, is_loopback
    from ..stream.security import ServerAccess

    if insecure and keys is not None:
        raise UserError("--insecure does not go with --keys.")
    check_address(address)
    if insecure or (keys is None and is_loopback(address)):
        return None
    try:
        return ServerAccess.from_folder(keys)
    except UserError as error:
        if keys is not None:
            raise
        reason = str(error).rstrip(".")
        raise UserError(f"{address} is on the network: {reason}, or say --insecure.") from None


def client_access(
    server_key: str | None, *, keys: Path | None = None, insecure: bool = False
) -> ClientAccess | None:
    """Return what a socket needs that connects; None without a `server_key`.

    `keys` alone mean nothing here: they may be for another socket, which is bound.

    Raises
    ------
    UserError
        If the options do not go together, a key is malformed, or there is no own key.
    """
    if server_key is None:
        return None
    from ..stream.security import ClientAccess

    if insecure:
        raise UserError("--insecure does not go with --server-key.")
    return ClientAccess.from_folder(server_key, keys)
