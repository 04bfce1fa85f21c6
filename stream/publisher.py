"""Results on the wire: the publishing side."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING

import numpy as np
import zmq
import zstandard

from .closing import Closing
from .errors import UserError
from .frame import Frame
from .result import FrameResult
from .security import ServerAccess
from .security.door import Door
from .tables import to_ipc_bytes

if TYPE_CHECKING:
    from .status import RunStatus

_log = logging.getLogger(__name__)

RESULT_TOPIC = b"skyrmlive.result"
FRAME_TOPIC = b"skyrmlive.frame"
STATUS_TOPIC = b"skyrmlive.status"
#: Messages held for a slow subscriber before it loses some; the others notice nothing.
_SEND_HWM = 16
#: A subscription is a topic, and a greeting with keys some hundred bytes.
_MAX_SUBSCRIPTION_BYTES = 4096
#: A subscriber that is silent for so long is gone, and what is held for it with it.
_HEARTBEAT_MS, _HEARTBEAT_TIMEOUT_MS = 10_000, 30_000


class ResultPublisher(Closing):
    """PUB socket that tells whoever listens what was found.

    Publishing never waits, and packs nothing that nobody has subscribed to.

    A result is the topic ``skyrmlive.result``, the JSON summary (flat, with the frame's metadata
    below ``metadata``), the table as an Arrow IPC stream, and the uint16 labels compressed with
    zstd, whose ``height`` and ``width`` the summary gives. A frame is the topic
    ``skyrmlive.frame``, JSON with ``frame`` (its number in the run), ``dtype``, ``shape`` and
    ``metadata``, and its pixels compressed with zstd. A status is the topic ``skyrmlive.status``
    and a `RunStatus` as JSON.

    Several threads may publish.

    Parameters
    ----------
    address
        ZeroMQ address to bind.
    access
        The server's key and its clients, which encrypts.
    insecure
        Allow an address on the network without it.
    with_labels
        Whether to send the label images.
    with_frames
        Whether to send each frame just before its result.
    context
        ZeroMQ context; the global one by default.

    Raises
    ------
    UserError
        If the address is malformed, occupied, or on the network without `access` or `insecure`.
    """

    def __init__(
        self,
        address: str,
        *,
        access: ServerAccess | None = None,
        insecure: bool = False,
        with_labels: bool = True,
        with_frames: bool = True,
        context: zmq.Context | None = None,
    ) -> None:
        self._with_labels = with_labels
        self._with_frames = with_frames
        self._lock = threading.Lock()
        self._subscriptions: set[bytes] = set()
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._context = context or zmq.Context.instance()
        self._socket = self._new_socket()
        try:
            self._door = Door(self._socket, address, "see", access=access, insecure=insecure)
        except BaseException:
            self._socket.close()
            raise
        self.address = self._door.address

    def publish(self, result: FrameResult, frame: Frame | None = None) -> None:
        """Send a result, after the frame it belongs to."""
        with self._lock:
            self._publish(result, frame)

    def publish_status(self, status: RunStatus) -> None:
        """Send the state of the run."""
        with self._lock:
            self._update_subscriptions()
            if self._wanted(STATUS_TOPIC):
                self._socket.send_multipart([STATUS_TOPIC, status.model_dump_json().encode()])

    def _publish(self, result: FrameResult, frame: Frame | None) -> None:
        self._update_subscriptions()
        metadata = result.metadata.model_dump(exclude_unset=True)
        if frame is not None and self._with_frames and self._wanted(FRAME_TOPIC):
            pixels = np.ascontiguousarray(frame.pixels, dtype=frame.pixels.dtype.newbyteorder("<"))
            document = {
                "frame": result.summary.frame,
                "dtype": pixels.dtype.name,
                "shape": list(frame.shape),
                "metadata": metadata,
            }
            parts = [
                FRAME_TOPIC,
                json.dumps(document).encode(),
                self._compressor.compress(pixels.data),
            ]
            self._socket.send_multipart(parts, copy=False)
        if not self._wanted(RESULT_TOPIC):
            return
        document = json.loads(result.summary.model_dump_json())
        document["metadata"] = metadata
        parts = [RESULT_TOPIC, json.dumps(document).encode(), to_ipc_bytes(result.table)]
        if result.labels is not None and self._with_labels:
            labels = np.ascontiguousarray(result.labels, dtype="<u2")
            parts.append(self._compressor.compress(labels.data))
        self._socket.send_multipart(parts, copy=False)

    def has_subscribers(self) -> bool:
        """Say whether somebody listens to results at this moment."""
        with self._lock:
            self._update_subscriptions()
            return self._wanted(RESULT_TOPIC)

    @property
    def refused(self) -> int:
        """Connections that were not let in."""
        return self._door.refused

    def _new_socket(self) -> zmq.Socket:
        socket = self._context.socket(zmq.XPUB)
        socket.setsockopt(zmq.SNDHWM, _SEND_HWM)
        socket.setsockopt(zmq.LINGER, 1000)
        socket.setsockopt(zmq.MAXMSGSIZE, _MAX_SUBSCRIPTION_BYTES)
        socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _HEARTBEAT_TIMEOUT_MS)
        return socket

    def _drop_revoked(self) -> None:
        # ZeroMQ cannot end one connection: all are ended, and who may come back does so by itself.
        self._socket.close()
        self._socket = self._new_socket()
        self._subscriptions.clear()
        try:
            self._door.reopen(self._socket)
        except UserError as error:
            _log.error("Nobody sees results until the next attempt: %s", error)

    def _update_subscriptions(self) -> None:
        if self._door.has_revoked():
            self._drop_revoked()
        # XPUB is a PUB that also tells which topics are subscribed to: 1 or 0, then the topic.
        while self._socket.poll(0):
            message = self._socket.recv()
            if message[:1] == b"\x01":
                self._subscriptions.add(message[1:])
            elif message[:1] == b"\x00":
                self._subscriptions.discard(message[1:])

    def _wanted(self, topic: bytes) -> bool:
        return any(topic.startswith(prefix) for prefix in self._subscriptions)

    def close(self) -> None:
        """Close the socket, giving the last results a second to leave."""
        self._socket.close()
