"""ZeroMQ addresses: which are safe to bind, and plain words for what can go wrong."""

from __future__ import annotations

import re
import time
from ipaddress import ip_address

import zmq

from .errors import UserError

_TCP = re.compile(r"tcp://(?P<host>\[[^\]]+\]|[^:/\s\[\]]+):(?P<port>\d+|\*)")
_LOCAL = re.compile(r"(ipc|inproc)://\S+")
#: A connection that has not greeted by then is closed.
_HANDSHAKE_MS = 5000
#: Silence after which the kernel asks a peer, and how often; the third time in vain ends it.
_KEEPALIVE_S = 10


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


def from_here(address: str) -> str:
    """Return where this computer reaches a socket that is bound to `address`."""
    for everywhere, loopback in (("//0.0.0.0:", "//127.0.0.1:"), ("//[::]:", "//[::1]:")):
        address = address.replace(everywhere, loopback)
    return address


def check_address(address: str) -> None:
    """Raise UserError unless `address` is written as ZeroMQ wants it."""
    match = _TCP.fullmatch(address)
    if match is None and not _LOCAL.fullmatch(address):
        raise UserError(f"{address!r} is not an address; write tcp://127.0.0.1:5555, for example.")
    if match is not None and match["port"] != "*" and int(match["port"]) > 65535:
        raise UserError(f"{address!r}: a port is at most 65535.")


def bind(
    socket: zmq.Socket,
    address: str,
    *,
    encrypted: bool = False,
    insecure: bool = False,
    patience_s: float = 0.0,
) -> str:
    """Bind `socket`, to loopback only unless it is `encrypted`, or `insecure` is set.

    Parameters
    ----------
    patience_s
        Seconds to wait for an address that is still occupied.

    Returns
    -------
    str
        The address really bound (a wildcard port is filled in).

    Raises
    ------
    UserError
        If the address is malformed, open to the network, occupied, or not of this computer.
    """
    _check_reach(address, encrypted or insecure, "make keys (`skyrmlive keys new`)")
    _prepare(socket, address)
    socket.setsockopt(zmq.HANDSHAKE_IVL, _HANDSHAKE_MS)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            socket.bind(address)
            break
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE:
                raise UserError(f"Cannot listen on {address}: {error.strerror}.") from None
            if time.monotonic() >= deadline:
                raise UserError(f"{address} is already in use by another program.") from None
        time.sleep(0.005)
    return socket.getsockopt_string(zmq.LAST_ENDPOINT)


def connect(
    socket: zmq.Socket, address: str, *, encrypted: bool = False, insecure: bool = False
) -> None:
    """Connect `socket`, to loopback only unless it is `encrypted`, or `insecure` is set.

    Raises
    ------
    UserError
        If the address is malformed, or on the network without encryption.
    """
    _check_reach(address, encrypted or insecure, "give the key of that computer (--server-key)")
    _prepare(socket, address)
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        raise UserError(f"Cannot connect to {address}: {error.strerror}.") from None


def _check_reach(address: str, allowed: bool, remedy: str) -> None:
    check_address(address)
    if not (allowed or is_loopback(address)):
        raise UserError(
            f"{address} is open to the network without encryption; "
            f"use an address on 127.0.0.1, {remedy}, or say --insecure."
        )


def _prepare(socket: zmq.Socket, address: str) -> None:
    # Only for such addresses: a name that means both would otherwise mean the IPv6 one.
    socket.setsockopt(zmq.IPV6, int("[" in address))
    # The kernel asks whether the peer is still there. ZeroMQ's own heartbeats would not do: they
    # cut a camera that waits for a busy receiver, and lose what is on its way (measured).
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, _KEEPALIVE_S)
    socket.setsockopt(zmq.TCP_KEEPALIVE_INTVL, _KEEPALIVE_S)
    socket.setsockopt(zmq.TCP_KEEPALIVE_CNT, 3)
