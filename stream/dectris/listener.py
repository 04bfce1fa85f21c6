"""Takes images in from the control unit (DCU) of a DECTRIS detector."""

from __future__ import annotations

import logging
import time

import zmq

from .. import addresses
from ..arrival import Arrival
from ..closing import Closing
from ..errors import FrameRejected
from ..frame import MAX_SIDE, Frame
from ..incoming import take_in
from ..sparse_log import SparseLog
from .compression import require_compression
from .messages import EndMessage, ImageMessage, StartMessage, decode_message
from .series import Series

_log = logging.getLogger(__name__)
#: A start message with all corrections of a large detector, or an image that is not compressed.
_MAX_MESSAGE_BYTES = MAX_SIDE * MAX_SIDE * 4
#: Messages that ZeroMQ holds for us. A detector does not wait as a camera's program may: what its
#: control unit cannot hand over fills its own memory, so that some more are worth ours.
_RECEIVE_HWM = 64


class DectrisListener(Closing):
    """Frames from a DECTRIS detector, by the Stream V2 interface.

    There is one frame for each image and channel (threshold). Invalid messages are counted and
    logged. The connection is not encrypted, since the control unit has no keys.

    Parameters
    ----------
    address
        ZeroMQ address of the control unit: ``tcp://`` its name ``:31001``.
    context
        ZeroMQ context; the global one by default.

    Raises
    ------
    UserError
        If the address is malformed, or dectris-compression is not installed.
    """

    def __init__(self, address: str, *, context: zmq.Context | None = None) -> None:
        require_compression()
        self.address = address
        self.received = 0
        self.rejected = 0
        self._rejections = SparseLog(_log)
        self.missing = 0
        self.series = 0
        self._series: Series | None = None
        self._pending: list[Arrival] = []
        socket = (context or zmq.Context.instance()).socket(zmq.PULL)
        socket.setsockopt(zmq.RCVHWM, _RECEIVE_HWM)
        socket.setsockopt(zmq.MAXMSGSIZE, _MAX_MESSAGE_BYTES)
        socket.setsockopt(zmq.LINGER, 0)
        try:
            addresses.connect(socket, address, insecure=True)
        except BaseException:
            socket.close()
            raise
        self._socket = socket

    @property
    def exhausted(self) -> bool:
        """Never: another series may come."""
        return False

    @property
    def counters(self) -> dict[str, int]:
        """Frames received, messages rejected, images missing by their numbers, series."""
        return {
            "received": self.received,
            "rejected": self.rejected,
            "missing": self.missing,
            "series": self.series,
        }

    @property
    def in_flight(self) -> int:
        """Frames that ZeroMQ may have accepted from the control unit already."""
        return 4 * _RECEIVE_HWM

    def receive(self, timeout_s: float, max_frames: int = 16) -> list[Arrival]:
        """Return the frames that have come, waiting at most `timeout_s` for the first.

        Parameters
        ----------
        timeout_s
            Seconds to wait; 0 takes only what is there already.
        max_frames
            Most frames to return. Fewer come if they are large; further channels of the last image
            come with the next call.
        """
        take_in(self._socket, self._take, self._pending, timeout_s, max_frames)
        arrivals = self._pending[:max_frames]
        del self._pending[:max_frames]
        return arrivals

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _take(self, parts: list[zmq.Frame]) -> list[Arrival]:
        try:
            if len(parts) != 1:
                raise FrameRejected(
                    f"A message of Stream V2 has one part, not {len(parts)}; "
                    'is "format" of the control unit\'s stream set to "cbor"?'
                )
            frames = self._follow(decode_message(parts[0].buffer))
        except FrameRejected as reason:
            self.rejected += 1
            self._rejections.warning("Message rejected (%d so far): %s", self.rejected, reason)
            return []
        received_at = time.time()
        return [Arrival(frame, received_at) for frame in frames]

    def _follow(self, message: StartMessage | ImageMessage | EndMessage) -> list[Frame]:
        if isinstance(message, EndMessage):
            if self._series is not None and self._series.has(message):
                self._series.end()
                self._series = None
            return []
        if isinstance(message, StartMessage):
            self._series = self._begin(message)
            return []
        series = self._series
        if series is None or not series.has(message):
            # Its start went to another client, or was sent before we came.
            series = self._series = self._begin(message)
        self.missing += series.count(message)
        frames = list(series.frames(message))
        self.received += len(frames)
        return frames

    def _begin(self, first: StartMessage | ImageMessage) -> Series:
        self.series += 1
        return Series(first)
