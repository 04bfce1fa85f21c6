"""Why a server does not let us in: what ZeroMQ keeps to itself, in one sentence."""

from __future__ import annotations

import logging
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from .. import addresses
from ..closing import Closing
from .access import ClientAccess
from .authorised import Role
from .keys import quoted
from .monitor import open_monitor

_log = logging.getLogger(__name__)
#: ZeroMQ gives up after a refusal; we try again, since somebody may authorise us meanwhile.
_RETRY_S = 2.0
_EVENTS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)


class Handshake(Closing):
    """Connects a socket, and watches how it is received.

    Parameters
    ----------
    socket
        Still without any address.
    address
        ZeroMQ address to connect to.
    role
        What we want to do at one of our servers: ``"send"`` frames or ``"see"`` results.
    access
        Keys of both sides; None to speak in the clear.
    insecure
        Allow an address on the network without `access`.

    Attributes
    ----------
    problem
        Why we are not let in, one sentence; empty when all is well, or nobody is there.
    final
        Whether ZeroMQ will not try again by itself.

    Raises
    ------
    UserError
        If the address is malformed, or on the network without `access` or `insecure`.
    """

    def __init__(
        self,
        socket: zmq.Socket,
        address: str,
        role: Role | None = None,
        *,
        access: ClientAccess | None = None,
        insecure: bool = False,
    ) -> None:
        self.problem = ""
        self.final = False
        self._socket = socket
        self._address = address
        self._access = access
        self._role: Role | None = role
        self._asked = time.monotonic()
        if access is not None:
            access.apply(socket)
        self._monitor = open_monitor(socket, _EVENTS, socket.context)
        try:
            addresses.connect(socket, address, encrypted=access is not None, insecure=insecure)
        except BaseException:
            self.close()
            raise

    def look(self) -> str:
        """Take note of what has happened and return `problem`."""
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)["event"]
            self.final = event in (
                zmq.EVENT_HANDSHAKE_FAILED_AUTH,
                zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
            )
            self.problem = self._in_words(event)
        return self.problem

    def retry(self) -> None:
        """Look, log a new problem, and knock again now and then where ZeroMQ does not by itself."""
        before = self.problem
        if self.look() and self.problem != before:
            _log.warning("%s", self.problem)
        if self.final and time.monotonic() - self._asked > _RETRY_S:
            self._asked = time.monotonic()
            self.final = False
            self._socket.disconnect(self._address)
            self._socket.connect(self._address)

    def close(self) -> None:
        """Stop watching; before the socket is closed."""
        self._socket.disable_monitor()
        self._monitor.close()

    def _in_words(self, event: int) -> str:
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            return ""
        if self._access is None:
            return (
                f"{self._address} did not take our greeting: either it wants keys (--server-key), "
                "or it is no program of ours."
            )
        if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            key = quoted(self._access.own.public)
            if self._role is None:
                return f"{self._address} does not know our key {key}."
            return (
                f"{self._address} does not let us in; on that computer, "
                f"`skyrmlive keys authorise --may {self._role} {key}` would."
            )
        if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
            return (
                f"{self._address} speaks without encryption; leave --server-key out, or give that "
                "computer keys."
            )
        return f"{self._address} hung up: {self._access.server_key} is not its key."
