"""Results on the wire: the publishing side."""

from __future__ import annotations

import json

import numpy as np
import zmq
import zstandard

from . import addresses
from .closing import Closing
from .frame import Frame
from .result import FrameResult
from .tables import to_ipc_bytes

RESULT_TOPIC = b"skyrmlive.result"
FRAME_TOPIC = b"skyrmlive.frame"
#: Messages held for a slow subscriber before it loses some; the others notice nothing.
_SEND_HWM = 16


class ResultPublisher(Closing):
    """PUB socket that tells whoever listens what was found.

    Publishing never waits, and packs nothing that nobody has subscribed to.

    A result is the topic ``skyrmlive.result``, the JSON summary (flat, with the frame's metadata
    below ``metadata``), the table as an Arrow IPC stream, and the uint16 labels compressed with
    zstd, whose ``height`` and ``width`` the summary gives. A frame is the topic
    ``skyrmlive.frame``, JSON with ``frame`` (its number in the run), ``dtype``, ``shape`` and
    ``metadata``, and its pixels compressed with zstd.

    Parameters
    ----------
    address
        ZeroMQ address to bind.
    insecure
        Allow an address that other computers can reach.
    with_labels
        Whether to send the label images.
    with_frames
        Whether to send each frame just before its result.
    context
        ZeroMQ context; the global one by default.

    Raises
    ------
    UserError
        If the address is malformed, occupied, or open to the network without `insecure`.
    """

    def __init__(
        self,
        address: str,
        *,
        insecure: bool = False,
        with_labels: bool = True,
        with_frames: bool = True,
        context: zmq.Context | None = None,
    ) -> None:
        self._with_labels = with_labels
        self._with_frames = with_frames
        self._subscriptions: set[bytes] = set()
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._socket = (context or zmq.Context.instance()).socket(zmq.XPUB)
        self._socket.setsockopt(zmq.SNDHWM, _SEND_HWM)
        self._socket.setsockopt(zmq.LINGER, 1000)
        try:
            self.address = addresses.bind(self._socket, address, insecure=insecure)
        except BaseException:
            self._socket.close()
            raise

    def publish(self, result: FrameResult, frame: Frame | None = None) -> None:
        """Send a result, after the frame it belongs to."""
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
        self._update_subscriptions()
        return self._wanted(RESULT_TOPIC)

    def _update_subscriptions(self) -> None:
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
