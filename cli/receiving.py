"""What the commands that receive have in common: addresses, and how a run is summed up."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from ..stream.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..stream.listener import FrameListener

DEFAULT_LISTEN = "tcp://127.0.0.1:5555"
DEFAULT_PUBLISH = "tcp://127.0.0.1:5556"
ANY_PORT = "tcp://127.0.0.1:*"


class Protocol(str, Enum):
    """How the camera speaks."""

    NATIVE = "native"
    DECTRIS_V2 = "dectris-v2"


def open_listener(
    listen: str | None,
    connect: str | None,
    *,
    subscribe: bool,
    insecure: bool,
    protocol: Protocol = Protocol.NATIVE,
) -> FrameListener:
    """Open the socket that frames come in by.

    Raises
    ------
    UserError
        If the options do not go together, or the address cannot be used.
    """
    from ..stream.listener import FrameListener

    if protocol is Protocol.DECTRIS_V2:
        raise UserError("--protocol dectris-v2 is not available yet; use native.")
    if listen is not None and connect is not None:
        raise UserError("Give either --listen or --connect, not both.")
    if connect is None:
        if subscribe:
            raise UserError("--subscribe goes with --connect.")
        return FrameListener(listen or DEFAULT_LISTEN, insecure=insecure)
    return FrameListener(connect, mode="connect", pattern="sub" if subscribe else "pull")


def in_words(counters: Mapping[str, int]) -> str:
    """Return what a listener counted besides the frames, where there is something to say."""
    words = {"rejected": "messages rejected", "missing": "frames missing by their numbers"}
    return "".join(f", {counters[key]} {text}" for key, text in words.items() if counters.get(key))
