"""What is shot at, in a process of its own: a listener, or the decoder of published results."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import numpy as np
import report

from skyrmlive.stream.errors import FrameRejected
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.subscriber import decode_published

#: The `source` of the valid, numbered frames among everything else.
NUMBERED = "numbered"
_SAMPLE_EVERY_S = 0.05


@dataclass
class Shots:
    """What a target saw.

    Attributes
    ----------
    counters
        Of the listener.
    intact
        Numbered frames that came in their order, with the pixels they were sent with.
    faults
        What should not have happened, in words.
    resident_mb
        The resident set of the process, sampled as messages came.
    log_lines
        Lines that the target logged.
    """

    counters: dict[str, int] = field(default_factory=dict)
    intact: int = 0
    faults: list[str] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)
    log_lines: int = 0

    @property
    def growth_mb(self) -> float:
        """Growth of the resident set after the first fifth of the samples."""
        early = len(self.resident_mb) // 5 + 1
        return max(self.resident_mb) - max(self.resident_mb[:early])


def numbered_frame(seq: int) -> Frame:
    """Return the valid frame number `seq`: its pixels follow from its number."""
    digest = hashlib.blake2b(seq.to_bytes(8, "little"), digest_size=64).digest()
    pixels = np.frombuffer(digest, dtype=np.uint16).reshape(4, 8)
    return Frame(pixels, FrameMetadata(seq=seq, source=NUMBERED))


class Target:
    """A process that runs `run` with one end of a pipe; the other end is `pipe`."""

    def __init__(self, run: Callable[..., None], *arguments: object) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=run, args=(theirs, *arguments), daemon=True)
        self.process.start()
        theirs.close()

    def report(self, timeout_s: float = 120.0) -> Shots:
        """Return what the target saw, once it is done.

        Raises
        ------
        RuntimeError
            If the process died, or does not answer.
        """
        try:
            shots = self.pipe.recv() if self.pipe.poll(timeout_s) else None
        except EOFError:
            shots = None
        self.process.join(10)
        if shots is None or self.process.exitcode != 0:
            raise RuntimeError(f"The target ended with {self.process.exitcode}: {shots}.")
        return shots

    def end(self) -> None:
        """Make sure that the process is gone."""
        self.process.kill()
        self.process.join()


def listen(pipe: Connection) -> None:
    """Take in frames until `pipe` says how many numbered ones, or messages in all, were sent."""
    shots, log = Shots(), _count_log_lines()
    expected: dict[str, int] | None = None
    quiet = 0
    with FrameListener("tcp://127.0.0.1:*") as listener:
        pipe.send(listener.address)
        due = 0.0
        while True:
            arrivals = listener.receive(0.1, 64)
            for arrival in arrivals:
                if arrival.frame.metadata.source == NUMBERED:
                    _check(arrival.frame, shots)
            taken = _taken(listener)
            if time.monotonic() >= due:
                shots.resident_mb.append(report.resident_mb())
                due = time.monotonic() + _SAMPLE_EVERY_S
            if expected is None and pipe.poll(0):
                expected = pipe.recv()
            quiet = 0 if arrivals else quiet + 1
            if expected is not None:
                complete = shots.intact >= expected["numbered"] and taken >= expected["messages"]
                if complete or quiet > 100:
                    break
        shots.counters = listener.counters
    shots.log_lines = log.lines
    pipe.send(shots)


def decode(pipe: Connection) -> None:
    """Decode published messages that come through `pipe`, in lists, until an empty one comes."""
    shots = Shots(counters={"decoded": 0, "rejected": 0})
    while batch := pipe.recv():
        for parts in batch:
            shots.counters["decoded" if _is_decoded(parts, shots) else "rejected"] += 1
        shots.resident_mb.append(report.resident_mb())
        pipe.send(None)  # ready for more
    pipe.send(shots)


def _is_decoded(parts: Sequence[bytes], shots: Shots) -> bool:
    try:
        decode_published(parts)
    except FrameRejected:
        return False
    except Exception as error:
        shots.faults.append(f"{type(error).__name__}: {error}"[:200])
    return True


def _check(frame: Frame, shots: Shots) -> None:
    if frame.metadata.seq != shots.intact:
        shots.faults.append(f"Frame {frame.metadata.seq} came instead of {shots.intact}.")
    elif not np.array_equal(frame.pixels, numbered_frame(shots.intact).pixels):
        shots.faults.append(f"Frame {shots.intact} has other pixels.")
    shots.intact += 1


def _taken(listener: FrameListener) -> int:
    return listener.received + listener.rejected + listener.stage_readings


class _Lines(logging.Handler):
    lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        record.getMessage()
        self.lines += 1


def _count_log_lines() -> _Lines:
    handler = _Lines()
    logging.getLogger().addHandler(handler)
    return handler
