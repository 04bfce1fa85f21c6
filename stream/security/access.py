"""What a socket needs for encryption: the keys of its own side, and whom it trusts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import zmq

from .authorised import AuthorisedClients, Role
from .key_folder import keys_folder, read_own_key, read_public_key
from .keys import KeyPair, check_key


@dataclass(frozen=True, slots=True)
class ServerAccess:
    """For sockets that are bound: the server's key, and the clients it lets in.

    Attributes
    ----------
    own
        Key pair of the server.
    clients
        Who may come in.
    """

    own: KeyPair
    clients: AuthorisedClients

    @classmethod
    def from_folder(cls, folder: Path | None = None) -> ServerAccess:
        """Take the key and the clients that `skyrmlive keys` wrote.

        Parameters
        ----------
        folder
            Their folder; by default the one that the environment names, or the user's.

        Raises
        ------
        UserError
            If there is no key, or a file is damaged or open to others.
        """
        folder = keys_folder(folder)
        return cls(read_own_key(folder).pair, AuthorisedClients(folder))

    def apply(self, socket: zmq.Socket) -> None:
        """Encrypt what comes in at `socket`, once it is bound."""
        _take_keys(socket, self.own)
        socket.curve_server = True

    def admits(self, key: str, role: Role) -> bool:
        """Tell whether the holder of `key` may do this; who has the server's own key always may."""
        return key == self.own.public or self.clients.may(key, role)


@dataclass(frozen=True, slots=True)
class ClientAccess:
    """For sockets that connect: the client's own key, and the public key of the server.

    Attributes
    ----------
    own
        Key pair of the client.
    server_key
        Public key of the server, 40 characters in Z85; nobody else can answer in its place.

    Raises
    ------
    UserError
        If the server's key is malformed.
    """

    own: KeyPair
    server_key: str

    def __post_init__(self) -> None:
        check_key(self.server_key)

    @classmethod
    def from_folder(cls, server_key: str, folder: Path | None = None) -> ClientAccess:
        """Take the key that `skyrmlive keys new` wrote.

        Parameters
        ----------
        server_key
            Public key of the server, or the file of one.
        folder
            Folder of the own key; by default the one that the environment names, or the user's.

        Raises
        ------
        UserError
            If there is no key, or a file is damaged or open to others.
        """
        key, _ = read_public_key(server_key)
        return cls(read_own_key(keys_folder(folder)).pair, key)

    def apply(self, socket: zmq.Socket) -> None:
        """Encrypt what `socket` connects to from now on."""
        _take_keys(socket, self.own)
        socket.curve_serverkey = self.server_key.encode()


def _take_keys(socket: zmq.Socket, own: KeyPair) -> None:
    socket.curve_publickey = own.public.encode()
    socket.curve_secretkey = own.secret.encode()
