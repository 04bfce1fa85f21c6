"""Cameras of all manners, and what is on disk of their frames."""

from __future__ import annotations

import re
from pathlib import Path

from skyrmlive.stream.frame import Frame
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.recording import Recording, RunRecorder, check
from skyrmlive.stream.sender import FrameSender


def place_of(address: str) -> tuple[str, int]:
    host, port = re.fullmatch(r"tcp://(.*):(\d+)", address).groups()
    return host, int(port)


def record(listener: FrameListener, recorder: RunRecorder, n: int) -> None:
    """Record the next `n` frames."""
    end = recorder.n_frames + n
    while recorder.n_frames < end:
        arrivals = listener.receive(30, end - recorder.n_frames)
        assert arrivals, f"{end - recorder.n_frames} of {n} frames did not come"
        recorder.append([(arrival.frame, arrival.received_at) for arrival in arrivals])


def recorded_numbers(path: Path) -> list[int | None]:
    assert check(path) == []
    return [frame.metadata.seq for frame in Recording(path).frames()]


def send(address: str, frames: list[Frame]) -> None:
    with FrameSender(address, connect_timeout_s=60) as sender:
        for frame in frames:
            sender.send(frame)
