"""CurveZMQ keys as text: 40 characters in Z85, for 32 bytes."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

import zmq
from zmq.utils import z85

from ..errors import UserError

_Z85 = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A public key and the secret that belongs to it.

    Attributes
    ----------
    public, secret
        40 characters in Z85; the secret does not show when the pair is printed.

    Raises
    ------
    UserError
        If a key is malformed, or the two do not belong together.
    """

    public: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        check_key(self.public)
        if not is_key(self.secret):
            raise UserError("The secret key is not 40 characters in Z85.")
        if zmq.curve_public(self.secret.encode()).decode() != self.public:
            raise UserError(f"The secret key does not belong to the public key {self.public}.")

    @classmethod
    def new(cls) -> KeyPair:
        """Draw a new pair."""
        while True:
            public, secret = (key.decode() for key in zmq.curve_keypair())
            if public[0].isalnum():  # no shell and no parser shall take it for an option
                return cls(public, secret)


def is_key(text: str) -> bool:
    """Tell whether `text` is a key in Z85."""
    if not _Z85.fullmatch(text):
        return False
    try:
        z85.decode(text)
    except struct.error:  # five characters hold a little more than the four bytes they stand for
        return False
    return True


def check_key(text: str) -> str:
    """Return `text`; raise UserError unless it is a key in Z85."""
    if not is_key(text):
        raise UserError(f"{text[:60]!r} is not a key: a key has 40 characters, in Z85.")
    return text


def quoted(key: str) -> str:
    """Return `key` as an argument that can be pasted into a shell; Z85 has no single quote."""
    return f"'{key}'" if key[0] != "-" else f"-- '{key}'"
