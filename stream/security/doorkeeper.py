"""The thread that answers ZeroMQ when it asks whether a client may come in (ZAP, RFC 27)."""

from __future__ import annotations

import itertools
import logging
import socket as sockets
import threading
from typing import TYPE_CHECKING

import zmq
from zmq.utils.monitor import recv_monitor_message

from ..errors import UserError
from .monitor import open_monitor

if TYPE_CHECKING:
    from .door import Door

_log = logging.getLogger(__name__)
_ZAP = "inproc://zeromq.zap.01"
_VERSION = b"1.0"
_BELL = "inproc://skyrmlive.doorkeeper"
_FAILED = (zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL, zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
_EVENTS = zmq.EVENT_ACCEPTED | zmq.EVENT_MONITOR_STOPPED | _FAILED[0] | _FAILED[1]
_numbers = itertools.count()
_UNKNOWN = "an unknown address"
_NO_HANDSHAKE = "it spoke without encryption, took us for another server, or hung up at once"


class Doorkeeper:
    """Answers for all doors of one ZeroMQ context, and lives as long as it.

    ZeroMQ knows one such handler a context, found by its address.
    """

    _of_contexts: dict[int, Doorkeeper] = {}  # noqa: RUF012 (one registry is the point)
    _lock = threading.Lock()

    @classmethod
    def of(cls, socket: zmq.Socket) -> Doorkeeper:
        """Return the one of the socket's context.

        Raises
        ------
        UserError
            If another handler is in its place.
        """
        context = zmq.Context.shadow(socket.context.underlying)
        with cls._lock:
            keeper = cls._of_contexts.get(context.underlying)
            if keeper is None:
                keeper = cls(context)
                cls._of_contexts[context.underlying] = keeper
            return keeper

    def __init__(self, context: zmq.Context) -> None:
        self._context = context
        self._doors: dict[bytes, Door] = {}
        self._monitors: dict[zmq.Socket, bytes] = {}
        self._peers: dict[zmq.Socket, str] = {}
        self._zap = context.socket(zmq.REP)
        self._bell = context.socket(zmq.PULL)
        try:
            self._zap.bind(_ZAP)
            self._bell.bind(_BELL)
        except zmq.ZMQError as error:
            self._zap.close()
            self._bell.close()
            raise UserError(f"Another part of this program admits clients: {error}.") from None
        threading.Thread(target=self._run, name="doorkeeper", daemon=True).start()

    def watch(self, door: Door, socket: zmq.Socket) -> None:
        """Let `door` decide who comes in at `socket`, until that is closed; before it is bound."""
        domain = f"skyrmlive.{next(_numbers)}".encode()
        socket.setsockopt(zmq.ZAP_DOMAIN, domain)
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without anybody to ask, nobody comes in
        monitor = open_monitor(socket, _EVENTS, self._context)
        with self._lock:
            self._doors[domain] = door
            self._monitors[monitor] = domain
        with self._context.socket(zmq.PUSH) as bell:  # the thread shall look at it from now on
            bell.connect(_BELL)
            bell.send(b"")

    def _run(self) -> None:
        try:
            while True:
                self._attend()
        except zmq.ContextTerminated:
            pass
        finally:
            with self._lock:
                self._of_contexts.pop(self._context.underlying, None)
            for socket in (self._zap, self._bell, *self._monitors):
                socket.close(linger=0)

    def _attend(self) -> None:
        poller = zmq.Poller()
        poller.register(self._zap, zmq.POLLIN)
        poller.register(self._bell, zmq.POLLIN)
        with self._lock:
            monitors = dict(self._monitors)
        for monitor in monitors:
            poller.register(monitor, zmq.POLLIN)
        for socket, _ in poller.poll():
            if socket is self._zap:
                self._answer()
            elif socket is self._bell:
                self._bell.recv()
            else:
                self._note(socket, monitors[socket])

    def _answer(self) -> None:
        request = self._zap.recv_multipart()
        request_id = request[1] if len(request) > 1 else b""
        user_id = None
        try:
            user_id = self._decide(request)
        except Exception:  # the answer is then no, and the next client is heard all the same
            _log.exception("A client could not be judged and was refused.")
        reply = [b"200", b"OK", user_id.encode()] if user_id else [b"400", b"Not authorised", b""]
        self._zap.send_multipart([_VERSION, request_id, *reply, b""])

    def _decide(self, request: list[bytes]) -> str | None:
        version, _, domain, address, _, mechanism, *credentials = request
        with self._lock:
            door = self._doors.get(domain)
        if door is None or version != _VERSION or mechanism != b"CURVE" or len(credentials) != 1:
            return None
        return door.decide(credentials[0], address.decode("utf-8", "replace"))

    def _note(self, monitor: zmq.Socket, domain: bytes) -> None:
        event = recv_monitor_message(monitor)
        door = self._doors[domain]
        if event["event"] == zmq.EVENT_ACCEPTED:
            self._peers[monitor] = _peer(event["value"])
        elif event["event"] in _FAILED:
            door.refuse(self._peers.get(monitor, _UNKNOWN), "", _NO_HANDSHAKE)
        else:
            with self._lock:
                del self._monitors[monitor], self._doors[domain]
            self._peers.pop(monitor, None)
            monitor.close()


def _peer(descriptor: int) -> str:
    """Return the address at the other end of a connection that ZeroMQ has accepted."""
    try:
        connection = sockets.socket(fileno=descriptor)
    except OSError:  # gone again
        return _UNKNOWN
    try:
        return str(connection.getpeername()[0])
    except (OSError, IndexError):
        return _UNKNOWN
    finally:
        connection.detach()  # it is ZeroMQ's to close
