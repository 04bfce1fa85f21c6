"""The program as a user starts it: in processes of its own, over real sockets and files."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tifffile
import zmq
from zmq.utils.monitor import recv_monitor_message

from skyrmlive.stream.frame import Frame

SKYRMLIVE = [sys.executable, "-m", "skyrmlive.cli.main"]
ANY_PORT = "tcp://127.0.0.1:*"
TIMEOUT_S = 100


def skyrmlive(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*SKYRMLIVE, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT_S
    )


@dataclass
class Serve:
    """A running `skyrmlive serve`, and what it had said when it ended."""

    process: subprocess.Popen[str]
    listens: str
    publishes: str
    output: str = ""
    errors: str = field(default="")

    def stop(self) -> None:
        """Ask it to stop, as a service manager does."""
        self.process.send_signal(signal.SIGTERM)
        self.wait()

    def wait(self) -> None:
        """Wait until it has ended by itself."""
        _, self.errors = self.process.communicate(timeout=TIMEOUT_S)


@contextmanager
def serve(*options: object) -> Iterator[Serve]:
    """Run `skyrmlive serve` on free ports; the block starts when it is ready for frames."""
    command = [*SKYRMLIVE, "serve", "--listen", ANY_PORT, "--publish", ANY_PORT]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [*command, *map(str, options)], stdout=output, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        said = ""
        while "Ctrl-C stops" not in said:
            line = process.stderr.readline()
            assert line, f"serve ended instead of listening: {said}"
            said += line
        frames, results = re.findall(r"tcp://[\d.]+:\d+", said)
        running = Serve(process, frames, results)
        try:
            yield running
        finally:
            process.kill()  # where a test has failed; the others have waited for its end
            process.wait()
            process.stderr.close()
            output.seek(0)
            running.output = output.read()


def subscribe(context: zmq.Context, address: str) -> zmq.Socket:
    """Return a plain SUB socket for summaries, once it is really connected."""
    socket = context.socket(zmq.SUB)
    monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    socket.setsockopt(zmq.RCVTIMEO, TIMEOUT_S * 1000)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.subscribe("skyrmlive.result")
    socket.connect(address)
    assert monitor.poll(TIMEOUT_S * 1000)
    recv_monitor_message(monitor)
    socket.disable_monitor()
    return socket


def write_tiff(path: Path, frames: list[Frame]) -> None:
    """Write frames with their metadata, one a page."""
    with tifffile.TiffWriter(path) as tif:
        for frame in frames:
            tif.write(
                np.asarray(frame.pixels),
                description=frame.metadata.model_dump_json(exclude_none=True),
                metadata=None,
            )
