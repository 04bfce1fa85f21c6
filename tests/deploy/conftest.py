"""The scripts for the microscope's computers, beside a real listener."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import zmq

from skyrmlive.stream.listener import FrameListener

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
# As Python does for a script in that folder.
sys.path.insert(0, str(DEPLOY))


@pytest.fixture
def deploy() -> Path:
    return DEPLOY


@pytest.fixture
def context():
    with zmq.Context() as context:
        yield context
        context.destroy(linger=0)


@pytest.fixture
def listener(context):
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        yield listener


@pytest.fixture
def receive(listener):
    """Return a function that waits for so many frames."""

    def receive(n: int) -> list:
        arrivals: list = []
        while len(arrivals) < n:
            batch = listener.receive(60, n - len(arrivals))
            assert batch, f"only {len(arrivals)} of {n} frames came"
            arrivals += batch
        return [arrival.frame for arrival in arrivals]

    return receive


@pytest.fixture
def push(listener, wait_until_connected):
    from nonblocking_push import NonblockingPush

    with NonblockingPush(listener.address) as push:
        wait_until_connected(push)
        yield push


@pytest.fixture
def wait_until_connected():
    """Return a function that waits for the receiver, since what is sent before is dropped."""

    def wait(push) -> None:
        assert push._socket.poll(60_000, zmq.POLLOUT), "nobody answers"

    return wait
