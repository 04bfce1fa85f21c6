"""A ZeroMQ socket that never makes its program wait.

ZeroMQ sends from a thread of its own, written in C++, and its high-water mark is the bounded queue.
What does not fit, because the receiver is absent or slow, is dropped and counted.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import zmq

_KEY_CHARACTERS = 40


class Keys(NamedTuple):
    """CURVE keys as 40 characters of Z85 each.

    Attributes
    ----------
    server
        Public key of the receiver.
    public, secret
        The keys of this computer.
    """

    server: bytes
    public: bytes
    secret: bytes


def read_keys(server: str, own_file: str) -> Keys:
    """Read keys as `skyrmlive keys` writes them.

    Parameters
    ----------
    server
        The receiver's public key: its 40 characters, or a file NAME.public.json.
    own_file
        The file own.secret.json made for this computer.

    Raises
    ------
    ValueError
        If a file is missing or does not hold what is needed.
    """
    if len(server) != _KEY_CHARACTERS:
        (server,) = _keys_in(server, "public_key")
    public, secret = _keys_in(own_file, "public_key", "secret_key")
    return Keys(server.encode(), public.encode(), secret.encode())


class NonblockingPush:
    """PUSH socket that drops what cannot be handed over at once.

    Parameters
    ----------
    address
        ZeroMQ address of the receiver, for example ``tcp://192.168.1.10:5555``.
    queue
        Messages that wait in memory for a receiver that is connected.
    keys
        CURVE keys, if the receiver wants them.

    Raises
    ------
    ValueError
        If the address or a key is malformed.

    Attributes
    ----------
    sent, dropped
        Number of messages handed over to ZeroMQ, and of those that were not.
    """

    def __init__(self, address: str, queue: int = 4, keys: Keys | None = None) -> None:
        self.address = address
        self.sent = 0
        self.dropped = 0
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUSH)
        self._socket.setsockopt(zmq.SNDHWM, queue)
        # Queue only for a receiver that is really there, lest it begin with frames of long ago.
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        self._socket.setsockopt(zmq.LINGER, 1000)
        try:
            if keys is not None:
                self._socket.setsockopt(zmq.CURVE_SERVERKEY, keys.server)
                self._socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.public)
                self._socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret)
            self._socket.connect(address)
        except zmq.ZMQError as error:
            self.close()
            raise ValueError(f"{address!r} or the keys cannot be used: {error}.") from None

    def send(self, *parts) -> bool:
        """Copy `parts` into the queue as one message and return True, or drop it.

        Parameters
        ----------
        parts
            Bytes or C-contiguous arrays. They may change as soon as this returns.
        """
        try:
            self._socket.send_multipart(parts, zmq.NOBLOCK, copy=True)
        except zmq.Again:
            self.dropped += 1
            return False
        self.sent += 1
        return True

    def close(self) -> None:
        """Give what waits a second to leave, then close."""
        self._socket.close()
        self._context.term()

    def __enter__(self) -> NonblockingPush:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _keys_in(path: str, *names: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        return [str(document[name]) for name in names]
    except OSError as error:
        raise ValueError(f"The key cannot be read: {error}.") from None
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"{path} holds no {' and '.join(names)} of `skyrmlive keys`.") from None
