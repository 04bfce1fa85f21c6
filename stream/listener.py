"""Takes frames in from a ZeroMQ socket."""

from __future__ import annotations

import logging
import time
from typing import Literal

import zmq

from .arrival import Arrival
from .closing import Closing
from .errors import FrameRejected
from .frame import MAX_SIDE
from .incoming import take_in
from .numbering import Numbering
from .security import ClientAccess, ServerAccess
from .security.door import Door
from .security.handshake import Handshake
from .sparse_log import SparseLog
from .stage import StageLog, StageReading
from .wire import decode_message

_log = logging.getLogger(__name__)
#: The largest pixel buffer of the protocol: float64, both sides at their maximum.
_MAX_MESSAGE_BYTES = MAX_SIDE * MAX_SIDE * 8
#: Messages that ZeroMQ holds for us. PULL then stops its sender, so a few are enough; a publisher
#: does not stop for SUB and drops instead, so that more are worth their memory.
_RECEIVE_HWM = {"pull": 16, "sub": 256}
#: Frames that ZeroMQ may hold then: of a few cameras that push, or of one that publishes.
_QUEUED = {"pull": 4 * _RECEIVE_HWM["pull"], "sub": _RECEIVE_HWM["sub"]}
#: What the kernels at both ends may hold besides (Linux lets a connection grow to 4 MiB on the
#: sender's side, 6 to 32 on ours), and the most frames for which a stop is to be held up by it.
_KERNEL_BYTES = 36 * 2**20
_MOST_IN_KERNEL = 8192


class FrameListener(Closing):
    """Frames from cameras that speak the native protocol.

    Invalid messages are counted and logged, and stage readings are attached to the frames by time.

    Parameters
    ----------
    address
        ZeroMQ address.
    mode
        ``"bind"`` (only as PULL) waits for cameras, ``"connect"`` goes to one.
    pattern
        ``"pull"``, whose sender waits for us when we are busy, or ``"sub"``, whose does not.
    access
        Keys, which encrypt: a `ServerAccess` to bind, a `ClientAccess` to connect.
    insecure
        Allow an address on the network without them.
    context
        ZeroMQ context; the global one by default.

    Raises
    ------
    UserError
        If the address is malformed, occupied, or on the network without `access` or `insecure`.
    ValueError
        If `access` is for the other mode.

    Attributes
    ----------
    stage
        The readings of the stage that have come.
    """

    def __init__(
        self,
        address: str,
        *,
        mode: Literal["bind", "connect"] = "bind",
        pattern: Literal["pull", "sub"] = "pull",
        access: ServerAccess | ClientAccess | None = None,
        insecure: bool = False,
        context: zmq.Context | None = None,
    ) -> None:
        self.received = 0
        self.rejected = 0
        self._rejections = SparseLog(_log)
        self.stage_readings = 0
        self.stage = StageLog()
        self._numbering = Numbering()
        self._door: Door | None = None
        self._handshake: Handshake | None = None
        self._queued = _QUEUED[pattern]
        self._message_bytes = _KERNEL_BYTES
        socket = (context or zmq.Context.instance()).socket(
            zmq.PULL if pattern == "pull" else zmq.SUB
        )
        socket.setsockopt(zmq.RCVHWM, _RECEIVE_HWM[pattern])
        socket.setsockopt(zmq.MAXMSGSIZE, _MAX_MESSAGE_BYTES)
        socket.setsockopt(zmq.LINGER, 0)
        if pattern == "sub":
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        try:
            if mode == "bind":
                if isinstance(access, ClientAccess):
                    raise ValueError("To bind, a listener needs a ServerAccess.")
                self._door = Door(socket, address, "send", access=access, insecure=insecure)
                self.address = self._door.address
            else:
                if isinstance(access, ServerAccess):
                    raise ValueError("To connect, a listener needs a ClientAccess.")
                self._handshake = Handshake(socket, address, access=access, insecure=insecure)
                self.address = address
        except BaseException:
            socket.close()
            raise
        self._socket = socket

    @property
    def exhausted(self) -> bool:
        """Never: another camera may come."""
        return False

    @property
    def counters(self) -> dict[str, int]:
        """Frames received, messages rejected, frames missing by their `seq`, stage readings.

        With keys also the connections refused.
        """
        counted = {
            "received": self.received,
            "rejected": self.rejected,
            "missing": self._numbering.missing,
            "repeated": self._numbering.repeated,
            "restarts": self._numbering.restarts,
            "stage_readings": self.stage_readings,
        }
        if self._door is not None and self._door.guarded:
            counted["refused"] = self._door.refused
        return counted

    @property
    def problem(self) -> str:
        """Why the camera that we connect to does not let us in; empty when all is well."""
        return "" if self._handshake is None else self._handshake.problem

    @property
    def in_flight(self) -> int:
        """Frames, of the size of the last, that may have been accepted from the senders already."""
        return self._queued + min(_KERNEL_BYTES // self._message_bytes, _MOST_IN_KERNEL)

    def receive(self, timeout_s: float, max_frames: int = 16) -> list[Arrival]:
        """Return the valid frames that have come, waiting at most `timeout_s` for the first.

        Parameters
        ----------
        timeout_s
            Seconds to wait; 0 takes only what is there already.
        max_frames
            Most frames to return. Fewer come if they are large.
        """
        if self._handshake is not None:
            self._handshake.retry()
        arrivals: list[Arrival] = []
        take_in(self._socket, self._take, arrivals, timeout_s, max_frames)
        return arrivals

    def close(self) -> None:
        """Close the socket."""
        if self._handshake is not None:
            self._handshake.close()
        self._socket.close()

    def _take(self, parts: list[zmq.Frame]) -> list[Arrival]:
        try:
            # Its connection was made while it was authorised, and ZeroMQ cannot cut it.
            if self._door is not None and not self._door.admits(parts[0]):
                raise FrameRejected("The key of its sender was revoked.")
            message = decode_message([part.buffer for part in parts])
            if isinstance(message, StageReading):
                self.stage.add(message)
                self.stage_readings += 1
                return []
        except FrameRejected as reason:
            self.rejected += 1
            self._rejections.warning("Message rejected (%d so far): %s", self.rejected, reason)
            return []
        self.received += 1
        self._message_bytes = sum(len(part) for part in parts)
        self._numbering.follow(message.metadata.source, message.metadata.seq)
        received_at = time.time()
        return [Arrival(self.stage.attach(message, received_at), received_at)]
