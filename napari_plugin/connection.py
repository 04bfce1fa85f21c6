"""The thread that listens to a run, so that the window never waits for the network."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic

from ..stream.errors import FrameRejected
from ..stream.result import FrameResult
from ..stream.security import ClientAccess
from ..stream.status import RunStatus
from ..stream.subscriber import PublishedFrame, ResultSubscriber
from .births import BirthCounter
from .snapshot import Mailbox, Snapshot

_log = logging.getLogger(__name__)
_LOOK_UP_S = 0.05  # how long a stop request may wait for the thread


class Connection:
    """Receives, decodes and prepares results in the background; the newest lies in `mailbox`.

    It can be started again after a stop, with the same or another address.
    """

    def __init__(self) -> None:
        self._session: _Session | None = None
        self._mailbox = Mailbox()

    @property
    def address(self) -> str | None:
        """Where it listens, None while stopped."""
        return None if self._session is None else self._session.address

    @property
    def mailbox(self) -> Mailbox:
        """What has come since the last start."""
        return self._mailbox

    @property
    def problem(self) -> str:
        """What keeps messages from being shown, in words; empty when all is well."""
        session = self._session
        return "" if session is None else session.subscriber.problem or session.problem

    @property
    def status(self) -> RunStatus | None:
        """What the run last said about itself, None if it has not."""
        return None if self._session is None else self._session.status

    def quiet_s(self, now: float) -> float:
        """Return for how long nothing has come, 0 before the first message.

        Parameters
        ----------
        now
            Seconds of `time.monotonic`.
        """
        heard_at = None if self._session is None else self._session.heard_at
        return 0.0 if heard_at is None else max(0.0, now - heard_at)

    def start(
        self, address: str, access: ClientAccess | None = None, *, insecure: bool = False
    ) -> None:
        """Listen to the results published at `address`; a publisher may come later.

        Parameters
        ----------
        address
            ZeroMQ address of the publisher.
        access
            Keys, which encrypt.
        insecure
            Allow an address on the network without them.

        Raises
        ------
        UserError
            If the address is malformed, or on the network without `access` or `insecure`.
        """
        self.stop()
        subscriber = ResultSubscriber(
            address, with_frames=True, with_status=True, access=access, insecure=insecure
        )
        self._mailbox = Mailbox()
        self._session = _Session(address, subscriber, self._mailbox)
        self._session.thread.start()

    def stop(self) -> None:
        """End the thread and close its socket; what is in the mailbox stays."""
        session, self._session = self._session, None
        if session is not None:
            session.stopping.set()
            session.thread.join()


@dataclass
class _Session:
    """One start to stop: no state of an earlier one can leak into it."""

    address: str
    subscriber: ResultSubscriber
    mailbox: Mailbox
    problem: str = ""
    status: RunStatus | None = None
    heard_at: float | None = None
    rejected: int = 0
    stopping: Event = field(default_factory=Event)
    thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        # A daemon, so that not even a crash of the window can keep the program alive.
        self.thread = Thread(target=self._run, name="skyrmlive results", daemon=True)

    def _run(self) -> None:
        try:
            with self.subscriber:
                self._listen()
        except Exception as error:  # the thread's last word: the window must not look alive
            _log.exception("The connection to %s ended.", self.address)
            self.problem = f"Receiving stopped because of an error: {error!r}"

    def _listen(self) -> None:
        frame: PublishedFrame | None = None
        counter = BirthCounter()
        while not self.stopping.is_set():
            try:
                message = self.subscriber.receive(_LOOK_UP_S)
            except FrameRejected as error:
                self.rejected += 1
                self.problem = f"Messages that could not be read: {self.rejected}. {error}"
                _log.warning("A message from %s could not be read: %s", self.address, error)
                continue
            if message is not None:
                self.heard_at = monotonic()
            if isinstance(message, RunStatus):
                self.status = message
            elif isinstance(message, PublishedFrame):
                frame = message
            elif isinstance(message, FrameResult):
                # A frame comes just before its result; either may be lost on the way.
                pixels = None
                if frame is not None and frame.index == message.summary.frame:
                    pixels = frame.frame.pixels
                changes = counter.follow(message, None if pixels is None else pixels.dtype)
                self.mailbox.put(Snapshot.of(message, pixels, changes))
