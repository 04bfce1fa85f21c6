"""The command `skyrmlive` in processes of its own."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zmq
from zmq.utils.monitor import recv_monitor_message

SKYRMLIVE = [sys.executable, "-m", "skyrmlive.cli.main"]
ANY_PORT = "tcp://127.0.0.1:*"
END_S = 600


@dataclass
class Running:
    """A command that takes frames.

    Attributes
    ----------
    process
        Its process.
    listens, publishes
        Addresses for cameras, and for subscribers where it publishes.
    """

    process: subprocess.Popen[str]
    listens: str
    publishes: str | None

    def stop(self) -> None:
        """Ask it to stop, as a service manager does, and wait for its clean end."""
        self.process.send_signal(signal.SIGTERM)
        self.wait()

    def wait(self) -> None:
        """Wait until it has ended by itself.

        Raises
        ------
        RuntimeError
            If it failed.
        """
        if self.process.wait(END_S) != 0:
            raise RuntimeError(f"skyrmlive ended with {self.process.returncode}.")


def skyrmlive(*words: object) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*SKYRMLIVE, *map(str, words)], capture_output=True, text=True, timeout=END_S
    )


def record(to: Path, *options: object, listen: str = ANY_PORT) -> list[object]:
    """Return the words of a command that records to a folder."""
    return ["record", "--listen", listen, "--to", to, *options]


def serve(to: Path, *options: object, listen: str = ANY_PORT) -> list[object]:
    """Return the words of a command that records to a folder, analyses, and publishes."""
    return ["serve", "--listen", listen, "--publish", ANY_PORT, "--record", to, *options]


@contextmanager
def running(words: list[object]) -> Iterator[Running]:
    """Run a command that takes frames; the block starts when it is ready for them.

    Raises
    ------
    RuntimeError
        If it ends before.
    """
    process = subprocess.Popen(
        [*SKYRMLIVE, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        said = ""
        while "Ctrl-C stops" not in said:
            line = process.stderr.readline()
            if not line:
                raise RuntimeError(f"skyrmlive does not listen: {said}")
            said += line
        threading.Thread(target=_drain, args=[process.stderr], daemon=True).start()
        frames, *results = re.findall(r"tcp://[\d.]+:\d+", said)
        yield Running(process, frames, results[0] if results else None)
    finally:
        process.kill()  # what has ended by itself is not touched
        process.wait()


def free_address() -> str:
    """Return an address that one process after the other can listen at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def subscribed(address: str, receive_hwm: int = 0) -> zmq.Socket:
    """Return a plain SUB socket for results, once it is really connected.

    It holds `receive_hwm` messages before the publisher drops some for it; by default any number.
    """
    subscriber = zmq.Context.instance().socket(zmq.SUB)
    monitor = subscriber.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    subscriber.setsockopt(zmq.RCVTIMEO, 1000 * END_S)
    subscriber.setsockopt(zmq.RCVHWM, receive_hwm)
    subscriber.setsockopt(zmq.LINGER, 0)
    subscriber.subscribe("skyrmlive.result")
    subscriber.connect(address)
    if not monitor.poll(1000 * END_S):
        raise RuntimeError(f"Nobody publishes at {address}.")
    recv_monitor_message(monitor)
    subscriber.disable_monitor()
    return subscriber


def _drain(stream: IO[str]) -> None:
    """Read to the end, so that nobody waits for a full pipe."""
    for _ in stream:
        pass
