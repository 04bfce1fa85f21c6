"""A listener on a free port, and a recorder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.recording import RunRecorder


@pytest.fixture
def listener(context: zmq.Context) -> Iterator[FrameListener]:
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        yield listener


@pytest.fixture
def recorder(tmp_path: Path) -> RunRecorder:
    return RunRecorder(tmp_path / "run")
