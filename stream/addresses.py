"""ZeroMQ addresses: which are safe to bind, and plain words for what can go wrong."""

from __future__ import annotations

import re
from ipaddress import ip_address

import zmq

from .errors import UserError

_TCP = re.compile(r"tcp://(?P<host>\[[^\]]+\]|[^:/\s\[\]]+):(?P<port>\d+|\*)")
_LOCAL = re.compile(r"(ipc|inproc)://\S+")


def is_loopback(address: str) -> bool:
    """Tell whether only programs on this computer can reach `address`."""
    if _LOCAL.fullmatch(address):
        return True
    match = _TCP.fullmatch(address)
    if match is None:
        return False
    host = match["host"].strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a host name, an interface name or the wildcard
        return False


def check_address(address: str) -> None:
    """Raise UserError unless `address` is written as ZeroMQ wants it."""
    match = _TCP.fullmatch(address)
    if match is None and not _LOCAL.fullmatch(address):
        raise UserError(f"{address!r} is not an address; write tcp://127.0.0.1:5555, for example.")
    if match is not None and match["port"] != "*" and int(match["port"]) > 65535:
        raise UserError(f"{address!r}: a port is at most 65535.")


def bind(socket: zmq.Socket, address: str, *, insecure: bool = False) -> str:
    """Bind `socket`, to loopback only unless `insecure` is set.

    Returns
    -------
    str
        The address really bound (a wildcard port is filled in).

    Raises
    ------
    UserError
        If the address is malformed, open to the network, occupied, or not of this computer.
    """
    check_address(address)
    if not (insecure or is_loopback(address)):
        raise UserError(
            f"{address} is open to the network without encryption; "
            "use an address on 127.0.0.1, or say --insecure."
        )
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        if error.errno == zmq.EADDRINUSE:
            raise UserError(f"{address} is already in use by another program.") from None
        raise UserError(f"Cannot listen on {address}: {error.strerror}.") from None
    return socket.getsockopt_string(zmq.LAST_ENDPOINT)


def connect(socket: zmq.Socket, address: str) -> None:
    """Connect `socket`; raise UserError if the address is malformed."""
    check_address(address)
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        raise UserError(f"Cannot connect to {address}: {error.strerror}.") from None
