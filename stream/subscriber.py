"""Results on the wire: the listening side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import zmq
import zstandard
from pydantic import BaseModel, ValidationError

from .closing import Closing
from .errors import FrameRejected
from .frame import MAX_SIDE, Frame
from .publisher import FRAME_TOPIC, RESULT_TOPIC, STATUS_TOPIC
from .result import FrameResult, ResultSummary
from .security import ClientAccess
from .security.handshake import Handshake
from .status import RunStatus
from .tables import from_ipc_bytes
from .wire import (
    Buffer,
    frame_layout,
    metadata_from_header,
    parse_header,
    pixels_from_buffer,
)

_Model = TypeVar("_Model", bound=BaseModel)
_MAX_JSON_BYTES = 2**20
#: The largest frame of the protocol, when zstd can only make it longer.
_MAX_MESSAGE_BYTES = MAX_SIDE * MAX_SIDE * 8 * 257 // 256


@dataclass(frozen=True, slots=True)
class PublishedFrame:
    """A frame as `serve` publishes it, just before its result.

    Attributes
    ----------
    index
        Its number in the run.
    frame
        Pixels and metadata.
    """

    index: int
    frame: Frame


def decode_published(parts: Sequence[Buffer]) -> FrameResult | PublishedFrame | RunStatus:
    """Turn the parts of a published message into what it carries.

    Raises
    ------
    FrameRejected
        If it is not a message of `ResultPublisher`.
    """
    topic = bytes(parts[0]) if parts else b""
    if topic == RESULT_TOPIC and len(parts) in (3, 4):
        return _decode_result(parts)
    if topic == FRAME_TOPIC and len(parts) == 3:
        return _decode_frame(parts)
    if topic == STATUS_TOPIC and len(parts) == 2:
        return _validated(RunStatus, parse_header(parts[1], _MAX_JSON_BYTES))
    raise FrameRejected(f"No published message has the topic {topic[:40]!r} in {len(parts)} parts.")


class ResultSubscriber(Closing):
    """SUB socket that receives what a `ResultPublisher` sends.

    Parameters
    ----------
    address
        Address of the publisher.
    with_frames
        Whether to receive the frames as well.
    with_status
        Whether to receive the state of the run as well.
    receive_hwm
        Messages to hold before the publisher drops some for us.
    access
        Keys, which encrypt.
    insecure
        Allow an address on the network without them.
    context
        ZeroMQ context; the global one by default.

    Raises
    ------
    UserError
        If the address is malformed, or on the network without `access` or `insecure`.
    """

    def __init__(
        self,
        address: str,
        *,
        with_frames: bool = False,
        with_status: bool = False,
        receive_hwm: int = 16,
        access: ClientAccess | None = None,
        insecure: bool = False,
        context: zmq.Context | None = None,
    ) -> None:
        self._socket = (context or zmq.Context.instance()).socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, receive_hwm)
        self._socket.setsockopt(zmq.MAXMSGSIZE, _MAX_MESSAGE_BYTES)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SUBSCRIBE, RESULT_TOPIC)
        if with_frames:
            self._socket.setsockopt(zmq.SUBSCRIBE, FRAME_TOPIC)
        if with_status:
            self._socket.setsockopt(zmq.SUBSCRIBE, STATUS_TOPIC)
        try:
            self._handshake = Handshake(
                self._socket, address, "see", access=access, insecure=insecure
            )
        except BaseException:
            self._socket.close()
            raise

    @property
    def problem(self) -> str:
        """Why the publisher does not let us in, one sentence; empty when all is well."""
        return self._handshake.problem

    def receive(self, timeout_s: float) -> FrameResult | PublishedFrame | RunStatus | None:
        """Return the next message, or None if none comes within `timeout_s` seconds.

        Where we are not let in, `problem` says why, and we knock again every few seconds.

        Raises
        ------
        FrameRejected
            If it is not valid.
        """
        self._handshake.retry()
        if not self._socket.poll(round(timeout_s * 1000)):
            return None
        return decode_published(self._socket.recv_multipart())

    def close(self) -> None:
        """Close the socket."""
        self._handshake.close()
        self._socket.close()


def _decode_result(parts: Sequence[Buffer]) -> FrameResult:
    document = parse_header(parts[1], _MAX_JSON_BYTES)
    metadata = metadata_from_header(_object(document.pop("metadata", {})))
    summary = _validated(ResultSummary, document)
    _check_index(summary.frame)
    labels = None
    if len(parts) == 4:
        if not (1 <= summary.height <= MAX_SIDE and 1 <= summary.width <= MAX_SIDE):
            raise FrameRejected(f"The labels cannot be {summary.height} x {summary.width} pixels.")
        data = _decompress(parts[3], summary.height * summary.width * 2)
        labels = np.frombuffer(data, dtype="<u2").reshape(summary.height, summary.width)
    return FrameResult(summary, from_ipc_bytes(bytes(parts[2])), labels, metadata)


def _decode_frame(parts: Sequence[Buffer]) -> PublishedFrame:
    header = parse_header(parts[1], _MAX_JSON_BYTES)
    index = _check_index(header.get("frame"))
    dtype, height, width = frame_layout(header)
    data = _decompress(parts[2], height * width * dtype.itemsize)
    metadata = metadata_from_header(_object(header.get("metadata", {})))
    return PublishedFrame(index, Frame(pixels_from_buffer(data, dtype, height, width), metadata))


def _validated(model: type[_Model], document: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]
        name = model.__name__
        raise FrameRejected(f"The {name} is invalid: {reason['loc']}: {reason['msg']}.") from None


def _check_index(index: object) -> int:
    if type(index) is not int or not 0 <= index < 2**63:
        raise FrameRejected('"frame" must be the number of a frame in its run.')
    return index


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FrameRejected("The published metadata is not an object.")
    return value


def _decompress(data: Buffer, n_bytes: int) -> bytes:
    """Unpack zstd data, checking the announced length before any memory is taken."""
    try:
        announced = zstandard.frame_content_size(data)
        if announced != n_bytes:
            raise FrameRejected(f"The packed image has {announced} bytes, not {n_bytes}.")
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise FrameRejected(f"The packed image is damaged: {error}.") from None
    except MemoryError:
        raise FrameRejected(f"There is no memory for a packed image of {n_bytes} bytes.") from None
