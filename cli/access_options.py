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

    _check_together(keys, insecure)
    check_address(address)
    if insecure or (keys is None and is_loopback(address)):
        return None
    return ServerAccess.from_folder(keys)


def client_access(
    server_key: str | None, *, keys: Path | None = None, insecure: bool = False
) -> ClientAccess | None:
    """Return what a socket needs that connects; None without a `server_key`.

    Raises
    ------
    UserError
        If the options do not go together, a key is malformed, or there is no own key.
    """
    if server_key is None:
        if keys is not None:
            raise UserError("--keys needs the key of the other side as well: --server-key.")
        return None
    from ..stream.security import ClientAccess
    from ..stream.security.key_folder import read_public_key

    _check_together(server_key, insecure)
    key, _ = read_public_key(server_key)
    return ClientAccess.from_folder(key, keys)


def _check_together(given: object, insecure: bool) -> None:
    if insecure and given is not None:
        raise UserError("--insecure does not go with --keys or --server-key.")
