"""A server with keys, and the clients that it knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import zmq

from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.security import ClientAccess, ServerAccess
from skyrmlive.stream.security.authorised import authorise
from skyrmlive.stream.security.key_folder import make_own_key
from skyrmlive.stream.sender import FrameSender
from skyrmlive.stream.subscriber import ResultSubscriber

from .peers import ANY_PORT, CAMERA, VIEWER


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The server's folder: one client may send, another may see."""
    make_own_key(tmp_path, "server")
    authorise(tmp_path, CAMERA.public, "camera-pc", "send")
    authorise(tmp_path, VIEWER.public, "viewer-pc", "see")
    return tmp_path


@pytest.fixture
def server(keys: Path) -> ServerAccess:
    return ServerAccess.from_folder(keys)


@pytest.fixture
def listener(server: ServerAccess, context: zmq.Context):
    with FrameListener(ANY_PORT, access=server, context=context) as listener:
        yield listener


@pytest.fixture
def publisher(server: ServerAccess, context: zmq.Context):
    with ResultPublisher(ANY_PORT, access=server, context=context) as publisher:
        yield publisher


@pytest.fixture
def viewer(publisher: ResultPublisher, server: ServerAccess, context: zmq.Context):
    """The authorised viewer, for which every test looks as well."""
    access = ClientAccess(VIEWER, server.own.public)
    with ResultSubscriber(publisher.address, access=access, context=context) as subscriber:
        yield subscriber


@pytest.fixture
def camera(listener: FrameListener, server: ServerAccess):
    """The authorised client, for which every test looks as well."""
    access = ClientAccess(CAMERA, server.own.public)
    with FrameSender(listener.address, access=access, connect_timeout_s=20) as sender:
        yield sender
