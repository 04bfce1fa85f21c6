"""Connections that do not speak ZMTP, the protocol below ZeroMQ's messages, or stop in mid-word.

Greeting, commands and frames are those of ZMTP 3.0 (https://rfc.zeromq.org/spec/23/).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from random import Random

GREETING = b"\xff\0\0\0\0\0\0\0\1\x7f\3\0" + b"NULL".ljust(20, b"\0") + bytes(32)
MORE, LONG, COMMAND = 1, 2, 4
Place = tuple[str, int]


def frame(body: bytes, flags: int = 0) -> bytes:
    """Return one ZMTP frame."""
    if len(body) < 256:
        return bytes([flags, len(body)]) + body
    return announcement(len(body), flags) + body


def announcement(n_bytes: int, flags: int = 0) -> bytes:
    """Return the head of a frame of `n_bytes` bytes, of which none follows."""
    return struct.pack(">BQ", flags | LONG, n_bytes)


def ready(socket_type: bytes) -> bytes:
    """Return the command that ends the handshake of a socket of this type."""
    size = struct.pack(">I", len(socket_type))
    return frame(b"\5READY\13Socket-Type" + size + socket_type, COMMAND)


def connect(place: Place) -> socket.socket:
    """Open a connection that says nothing yet."""
    connection = socket.create_connection(place, timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def shake_hands(place: Place, socket_type: bytes = b"PUSH") -> socket.socket:
    """Open a connection and let ZeroMQ believe that one of its sockets is at our end."""
    connection = _greet(place)
    connection.sendall(ready(socket_type))
    return connection


def _greet(place: Place) -> socket.socket:
    connection = connect(place)
    connection.sendall(GREETING)
    # libzmq refuses a READY that comes before it has sent its own.
    _receive(connection, len(GREETING))
    _, size = _receive(connection, 2)
    _receive(connection, size)
    return connection


def _receive(connection: socket.socket, n_bytes: int) -> bytes:
    received = b""
    while len(received) < n_bytes:
        piece = connection.recv(n_bytes - len(received))
        if not piece:
            raise ConnectionError("The other side closed the connection in the handshake.")
        received += piece
    return received


def is_closed(connection: socket.socket, timeout_s: float = 20.0) -> bool:
    """Read on; return whether the other side closes the connection within `timeout_s`."""
    connection.settimeout(timeout_s)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def _silence(place: Place, _random: Random) -> socket.socket:
    return connect(place)


def _garbage(place: Place, random: Random) -> socket.socket:
    connection = connect(place)
    connection.sendall(random.randbytes(random.randint(1, 2000)))
    return connection


def _web_browser(place: Place, _random: Random) -> socket.socket:
    connection = connect(place)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: camera\r\n\r\n")
    return connection


def _half_a_greeting(place: Place, random: Random) -> socket.socket:
    connection = connect(place)
    connection.sendall(GREETING[: random.randrange(1, len(GREETING))])
    return connection


def _greeting_and_garbage(place: Place, random: Random) -> socket.socket:
    connection = connect(place)
    connection.sendall(GREETING + random.randbytes(random.randint(1, 2000)))
    return connection


def _damaged_handshake(place: Place, random: Random) -> socket.socket:
    greeted = random.random() < 0.5
    words = bytearray(ready(b"PUSH") if greeted else GREETING)
    for _ in range(random.randint(1, 4)):
        words[random.randrange(len(words))] ^= 1 << random.randrange(8)
    connection = _greet(place) if greeted else connect(place)
    connection.sendall(words)
    return connection


def _handshake_and_garbage(place: Place, random: Random) -> socket.socket:
    connection = shake_hands(place)
    connection.sendall(random.randbytes(random.randint(1, 2000)))
    return connection


def _unknown_commands(place: Place, random: Random) -> socket.socket:
    connection = shake_hands(place)
    for name in (b"\4PING\xff\xff", b"\5ERROR\xff", b"\11SUBSCRIBE", b"\7CANCEL\0", b"\xff"):
        connection.sendall(frame(name + random.randbytes(8), COMMAND))
    return connection


def _half_a_message(place: Place, random: Random) -> socket.socket:
    connection = shake_hands(place)
    header = b'{"dtype": "uint8", "shape": [512, 512]}'
    connection.sendall(frame(header, MORE) + announcement(512 * 512) + random.randbytes(1000))
    return connection


def _too_much(place: Place, _random: Random) -> socket.socket:
    connection = shake_hands(place)
    connection.sendall(announcement(2**62))
    return connection


#: Ways to misuse a port, by name. Each returns its connection open.
MISUSES: dict[str, Callable[[Place, Random], socket.socket]] = {
    "silence": _silence,
    "garbage": _garbage,
    "a web browser": _web_browser,
    "half a greeting": _half_a_greeting,
    "a greeting, then garbage": _greeting_and_garbage,
    "a damaged handshake": _damaged_handshake,
    "a handshake, then garbage": _handshake_and_garbage,
    "unknown commands": _unknown_commands,
    "half a message": _half_a_message,
    "a frame of 2^62 bytes": _too_much,
}
