"""Sends frames the way a camera does."""

from __future__ import annotations

import time
from collections import deque
from types import TracebackType

import zmq

from .errors import UserError
from .frame import Frame
from .security import ClientAccess
from .security.handshake import Handshake
from .stage import StageReading
from .wire import Buffer, encode_frame, encode_stage

#: Messages in flight. ZeroMQ holds them in memory, and a receiver that is busy should stop us.
_SEND_HWM = 8
#: So long closing waits after a failure, for a receiver that may be gone.
_LINGER_AFTER_FAILURE_S = 1.0


class FrameSender:
    """PUSH socket to a `FrameListener`.

    Parameters
    ----------
    address
        ZeroMQ address of the receiver.
    connect_timeout_s
        Seconds to wait for the receiver to be there.
    busy_timeout_s
        Seconds to wait for a receiver that takes nothing more.
    linger_s
        Seconds that closing waits for the last frames to be handed over.
    access
        Keys, which encrypt.
    insecure
        Allow an address on the network without them.
    context
        ZeroMQ context; one of its own by default, so that `close` can wait for it.

    Raises
    ------
    UserError
        If the address is malformed, or on the network without `access` or `insecure`.
    """

    def __init__(
        self,
        address: str,
        *,
        connect_timeout_s: float = 10.0,
        busy_timeout_s: float = 60.0,
        linger_s: float = 60.0,
        access: ClientAccess | None = None,
        insecure: bool = False,
        context: zmq.Context | None = None,
    ) -> None:
        self.address = address
        self.sent = 0
        self._leaving: deque[zmq.MessageTracker] = deque()
        self._linger_s = linger_s
        self._connect_timeout_s = connect_timeout_s
        self._busy_timeout_s = busy_timeout_s
        self._owns_context = context is None
        self._context = context or zmq.Context()
        self._socket = self._context.socket(zmq.PUSH)
        self._socket.setsockopt(zmq.SNDHWM, _SEND_HWM)
        # Queue only for a receiver that is really there: its absence then shows at once.
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        # ZeroMQ says of what it does not copy when it is done with it.
        self._socket.copy_threshold = 0
        try:
            self._handshake = Handshake(
                self._socket, address, "send", access=access, insecure=insecure
            )
        except BaseException:
            self._close_socket(0)
            raise

    def send(self, frame: Frame) -> None:
        """Hand `frame` over, waiting while the receiver is busy.

        Raises
        ------
        UserError
            If there is no receiver, it does not let us in, or it takes nothing for too long.
        """
        tracker = self._send(encode_frame(frame))
        self._forget_what_has_left()
        self._leaving.append(tracker)
        self.sent += 1

    def send_stage(self, reading: StageReading) -> None:
        """Hand a stage reading over; raises as `send` does."""
        self._send(encode_stage(reading))

    @property
    def unsent(self) -> int:
        """Number of frames that still wait here, those sent last."""
        self._forget_what_has_left()
        return len(self._leaving)

    def close(self) -> None:
        """Wait for the last frames to be handed over, then close.

        Raises
        ------
        UserError
            If frames are lost, since they were not; where there was to be no waiting, this is not
            said.
        """
        deadline = time.monotonic() + self._linger_s
        try:
            if self._owns_context:
                self._wait_for_the_last(deadline)
        finally:
            n_lost = self.unsent if self._owns_context and self._linger_s else 0
            self._handshake.close()
            self._close_socket(deadline - time.monotonic())
            if n_lost:
                frames = "frame; it is" if n_lost == 1 else f"{n_lost} frames; they are"
                raise UserError(
                    f"The receiver at {self.address} has not taken the last {frames} lost."
                )

    def _forget_what_has_left(self) -> None:
        while self._leaving and self._leaving[0].done:
            self._leaving.popleft()

    def _wait_for_the_last(self, deadline: float) -> None:
        # Short sleeps, so that Ctrl-C is heard.
        while self.unsent and time.monotonic() < deadline:
            time.sleep(0.01)

    def _close_socket(self, linger_s: float) -> None:
        self._socket.setsockopt(zmq.LINGER, max(0, round(linger_s * 1000)))
        self._socket.close()
        if self._owns_context:
            self._context.term()

    def __enter__(self) -> FrameSender:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._linger_s = min(self._linger_s, _LINGER_AFTER_FAILURE_S)
        try:
            self.close()
        except UserError:
            if error is None or isinstance(error, KeyboardInterrupt):
                raise

    def _send(self, parts: list[Buffer]) -> zmq.MessageTracker:
        timeout_s = self._busy_timeout_s if self.sent else self._connect_timeout_s
        deadline = time.monotonic() + timeout_s
        # Short polls, so that Ctrl-C is heard.
        while not self._socket.poll(100, zmq.POLLOUT):
            problem = self._handshake.look()
            if self._handshake.final or (problem and time.monotonic() > deadline):
                raise UserError(problem)
            if time.monotonic() > deadline:
                state = "has taken no frame" if self.sent else "did not answer"
                raise UserError(
                    f"The receiver at {self.address} {state} for {timeout_s:g} s; "
                    "is `skyrmlive serve` running there?"
                )
        tracker = self._socket.send_multipart(parts, copy=False, track=True)
        assert isinstance(tracker, zmq.MessageTracker)
        return tracker
