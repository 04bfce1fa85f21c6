"""On which addresses keys are required, on which side which, and in whose files they may lie."""

from __future__ import annotations

import os
import socket as sockets
from pathlib import Path

import pytest

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.security import ClientAccess, ServerAccess
from skyrmlive.stream.security.authorised import AUTHORISED
from skyrmlive.stream.sender import FrameSender

from .peers import (
    ANY_PORT,
    CAMERA,
    sequence,
)


def test_on_the_network_keys_are_required(server, context, make_frame, network_address):
    address = f"tcp://{network_address}:*"
    with pytest.raises(UserError, match="without encryption"):
        FrameListener(address, context=context)
    with FrameListener(address, access=server, context=context) as listener:
        with pytest.raises(UserError, match="--server-key"):
            FrameSender(listener.address)
        with FrameSender(
            listener.address, access=ClientAccess(CAMERA, server.own.public)
        ) as sender:
            sender.send(make_frame(seq=1))
            assert sequence(listener, 1) == [1]
    with (
        FrameListener(address, insecure=True, context=context) as listener,
        FrameSender(listener.address, insecure=True) as sender,
    ):
        sender.send(make_frame(seq=2))
        assert sequence(listener, 2) == [2]


def test_ipv6(server, context, make_frame):
    try:
        sockets.create_server(("::1", 0), family=sockets.AF_INET6).close()
    except OSError:
        pytest.skip("this computer has no IPv6")
    with FrameListener("tcp://[::1]:*", access=server, context=context) as listener:
        access = ClientAccess(CAMERA, server.own.public)
        with FrameSender(listener.address, access=access) as sender:
            sender.send(make_frame(seq=1))
            assert sequence(listener, 1) == [1]


def test_access_must_suit_the_side(server, context):
    client_side = ClientAccess(CAMERA, server.own.public)
    with pytest.raises(ValueError, match="ServerAccess"):
        FrameListener(ANY_PORT, access=client_side, context=context)
    with pytest.raises(ValueError, match="ClientAccess"):
        FrameListener("tcp://127.0.0.1:9", mode="connect", access=server, context=context)


def test_a_damaged_list_shuts_nobody_out(listener, camera, keys, make_frame, caplog):
    camera.send(make_frame(seq=0))
    assert sequence(listener, 0) == [0]
    (keys / AUTHORISED).write_text("{oops")
    camera.send(make_frame(seq=1))
    assert sequence(listener, 1) == [1]
    assert "stays as it was" in caplog.text
    with pytest.raises(UserError, match="is damaged"):
        ServerAccess.from_folder(keys)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_files_that_others_can_reach_are_refused(keys: Path):
    (keys / AUTHORISED).chmod(0o666)
    with pytest.raises(UserError, match=r"Others can change .* `chmod 644"):
        ServerAccess.from_folder(keys)
    (keys / AUTHORISED).chmod(0o600)
    (keys / "own.secret.json").chmod(0o640)
    with pytest.raises(UserError, match=r"Others can read .* `chmod 600"):
        ServerAccess.from_folder(keys)
