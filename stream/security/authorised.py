"""The clients that a server lets in: a file that commands change while the server runs."""

from __future__ import annotations

import logging
import os
import threading
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import UserError
from .files import read_model, write_model
from .key_folder import PublicKey, check_name
from .keys import check_key

_log = logging.getLogger(__name__)

AUTHORISED = "authorised.json"
Role = Literal["send", "see"]
Roles = Literal["send", "see", "both"]


class Client(PublicKey):
    """A client that is let in.

    Attributes
    ----------
    may
        ``"send"`` frames, ``"see"`` results, or ``"both"``.
    since
        Day on which it was authorised.
    """

    may: Roles
    since: date = Field(default_factory=date.today)


class _Clients(BaseModel):
    model_config = ConfigDict(extra="forbid")

    clients: tuple[Client, ...] = ()


def read_clients(folder: Path) -> tuple[Client, ...]:
    """Return the authorised clients; none, where nobody was authorised yet.

    Raises
    ------
    UserError
        If the file is damaged, or others can change it.
    """
    path = folder / AUTHORISED
    if not path.exists():
        return ()
    return read_model(_Clients, path, closed_to_others=0o022).clients


def authorise(folder: Path, key: str, name: str | None = None, may: Roles = "both") -> Client:
    """Let the holder of `key` in; one that is known already gets the new name and rights.

    Raises
    ------
    UserError
        If the key is malformed, or the name impossible or another client's.
    """
    check_key(key)
    clients = read_clients(folder)
    others = [client for client in clients if client.public_key != key]
    names = {client.name for client in others}
    if name is None:
        known = [client.name for client in clients if client.public_key == key]
        free = (f"client-{number}" for number in range(1, len(clients) + 2))
        name = known[0] if known else next(each for each in free if each not in names)
    check_name(name)
    if name in names:
        raise UserError(f"Another client is called {name}; choose another --name, or revoke it.")
    client = Client(name=name, public_key=key, may=may)
    _write(folder, (*others, client))
    return client


def revoke(folder: Path, name_or_key: str) -> Client:
    """Let a client in no longer, and return who it was; raises UserError if it is unknown."""
    clients = read_clients(folder)
    for client in clients:
        if name_or_key in (client.name, client.public_key):
            _write(folder, tuple(other for other in clients if other is not client))
            return client
    raise UserError(f"No client {name_or_key!r} is authorised; `skyrmlive keys list` shows them.")


def _write(folder: Path, clients: tuple[Client, ...]) -> None:
    write_model(folder / AUTHORISED, _Clients(clients=clients), mode=0o600, replace=True)


class AuthorisedClients:
    """The authorised clients as they stand at each moment; safe to ask from several threads.

    A file that cannot be read in mid-run (an editor at work, a slip of the hand) changes nothing:
    frames of a camera that was let in must not be lost by it.

    Parameters
    ----------
    folder
        Where ``authorised.json`` is, or will be.

    Raises
    ------
    UserError
        If it cannot be read at the start.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._stamp = self._new_stamp()
        self._clients = {client.public_key: client for client in read_clients(folder)}

    def find(self, key: str) -> Client | None:
        """Return the client with this public key, None if it is not authorised."""
        with self._lock:  # nobody shall be judged by the old list while another reads the new one
            self._refresh()
            return self._clients.get(key)

    def may(self, key: str, role: Role) -> bool:
        """Tell whether the holder of `key` may do this."""
        client = self.find(key)
        return client is not None and client.may in (role, "both")

    def _refresh(self) -> None:
        stamp = self._new_stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            if stamp is None:
                raise UserError(f"{self._folder / AUTHORISED} is gone.")
            clients = {client.public_key: client for client in read_clients(self._folder)}
        except UserError as error:
            _log.error("The list of authorised clients stays as it was: %s", error)
            return
        self._clients = clients

    def _new_stamp(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._folder / AUTHORISED)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
