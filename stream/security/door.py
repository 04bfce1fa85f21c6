"""A bound socket that lets authorised clients in, and nobody else."""

from __future__ import annotations

import logging

import zmq
from zmq.utils import z85

from .. import addresses
from .access import ServerAccess
from .authorised import Role
from .doorkeeper import Doorkeeper
from .keys import quoted

_log = logging.getLogger(__name__)
#: Different refused clients that are logged; strangers must not fill the disk.
_LOGGED = 200
#: The system needs some milliseconds to give an address back.
_REBIND_S = 0.2


class Door:
    """Binds a socket, and decides who comes in there; it ends with the socket.

    Parameters
    ----------
    socket
        Still without any address.
    address
        ZeroMQ address to bind.
    role
        What clients of this socket do: ``"send"`` frames or ``"see"`` results.
    access
        The server's key and its clients; without it whoever reaches the address comes in.
    insecure
        Allow an address on the network without `access`.

    Attributes
    ----------
    address
        The address really bound.
    refused
        Connections that were not let in.

    Raises
    ------
    UserError
        If the address is malformed, occupied, or on the network without `access` or `insecure`; or
        if another part of this program authenticates clients.
    """

    def __init__(
        self,
        socket: zmq.Socket,
        address: str,
        role: Role,
        *,
        access: ServerAccess | None = None,
        insecure: bool = False,
    ) -> None:
        self.refused = 0
        self._access = access
        self._role: Role = role
        self._inside: set[str] = set()
        self._shut = False
        self._logged: set[tuple[str, str]] = set()
        self._insecure = insecure
        self.address = self._bind(socket, address)

    def reopen(self, socket: zmq.Socket) -> None:
        """Bind a new `socket` here, after the old one was closed, so that all have to come anew.

        Raises
        ------
        UserError
            If the address is no longer free.
        """
        self._shut = True
        self._inside.clear()
        self._bind(socket, self.address, patience_s=_REBIND_S)
        self._shut = False

    def _bind(self, socket: zmq.Socket, address: str, patience_s: float = 0.0) -> str:
        if self._access is not None:
            self._access.apply(socket)
            Doorkeeper.of(socket).watch(self, socket)
        return addresses.bind(
            socket,
            address,
            encrypted=self._access is not None,
            insecure=self._insecure,
            patience_s=patience_s,
        )

    @property
    def guarded(self) -> bool:
        """Whether clients need a key."""
        return self._access is not None

    def decide(self, key_bytes: bytes, address: str) -> str | None:
        """Return the key of a client that may come in, as its user id; None refuses it."""
        key = z85.encode(key_bytes).decode()
        if self._access is None:
            return None
        if self._access.admits(key, self._role):
            self._inside.add(key)
            return key
        client = self._access.clients.find(key)
        command = f"`skyrmlive keys authorise --may {self._role} {quoted(key)}` lets it in"
        if client is None:
            self.refuse(address, key, f"its key is not authorised; {command}")
        else:
            command = f"`skyrmlive keys authorise --may both {quoted(key)}` changes that"
            self.refuse(address, key, f"{client.name} may only {client.may}; {command}")
        return None

    def refuse(self, address: str, key: str, reason: str) -> None:
        """Count a refused client, and log it the first time."""
        self.refused += 1
        if (address, key) in self._logged or len(self._logged) > _LOGGED:
            return
        self._logged.add((address, key))
        _log.warning("A client at %s was refused: %s.", address, reason)
        if len(self._logged) > _LOGGED:
            _log.warning("Further refused clients are counted, but not logged.")

    def admits(self, message: zmq.Frame) -> bool:
        """Tell whether the sender of `message` may come in at this moment."""
        if self._access is None:
            return True
        return self._access.admits(str(message.get("User-Id")), self._role)

    def has_revoked(self) -> bool:
        """Tell whether to reopen, since somebody is inside who would not be let in any more."""
        access = self._access
        if access is None:
            return False
        return self._shut or not all(access.admits(key, self._role) for key in tuple(self._inside))
