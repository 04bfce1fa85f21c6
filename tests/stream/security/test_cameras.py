"""Keys on the wire: whose frames come in, whose do not, and what each is told. Real sockets."""

from __future__ import annotations

import contextlib
import logging
import socket as sockets

import pytest
import zmq

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.security import ClientAccess
from skyrmlive.stream.security.authorised import authorise, revoke
from skyrmlive.stream.sender import FrameSender

from .peers import (
    ANY_PORT,
    CAMERA,
    STRANGER,
    STRANGERS,
    VIEWER,
    client,
    send_plainly,
    sequence,
    wait_for,
)


def test_frames_of_an_authorised_client_arrive(listener, camera, make_frame):
    for seq in range(5):
        camera.send(make_frame(seq=seq))
    assert sequence(listener, 4) == [0, 1, 2, 3, 4]
    assert listener.counters["refused"] == 0


def test_a_plain_pyzmq_camera_needs_three_lines(listener, server, context):
    socket = client(context, listener.address, zmq.PUSH, ClientAccess(CAMERA, server.own.public))
    send_plainly(socket, 7)
    assert sequence(listener, 7) == [7]


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_stranger_gets_nothing_in_and_disturbs_nobody(
    kind, listener, camera, server, context, make_frame, caplog
):
    with caplog.at_level(logging.WARNING):
        stranger = client(context, listener.address, zmq.PUSH, STRANGERS[kind](server))
        send_plainly(stranger, 99)
        camera.send(make_frame(seq=0))
        wait_for(lambda: listener.counters["refused"])
        camera.send(make_frame(seq=1))
        assert sequence(listener, 1) == [0, 1]
        assert listener.receive(0.2) == []
    assert listener.counters["received"] == 2
    assert listener.counters["rejected"] == 0
    assert "was refused" in caplog.text
    if kind in ("not authorised", "may only see"):
        assert caplog.text.count("A client at 127.0.0.1 was refused") == 1


@pytest.mark.parametrize(
    "greeting", [b"GET / HTTP/1.1\r\n\r\n" + bytes(1000), b"\x01\x00\x05\x00hello", b"\xff" * 200]
)
def test_what_does_not_greet_as_zeromq_does_is_hung_up_on(listener, camera, make_frame, greeting):
    port = int(listener.address.rsplit(":", 1)[1])
    with sockets.create_connection(("127.0.0.1", port), timeout=20) as stranger:
        stranger.sendall(greeting)
        with contextlib.suppress(ConnectionResetError):
            while stranger.recv(1000):
                pass
    camera.send(make_frame(seq=0))
    assert sequence(listener, 0) == [0]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("no key", "wants keys"),
        ("wrong server key", "is not its key"),
        ("not authorised", f"skyrmlive keys authorise --may send '{STRANGER.public}'"),
        ("may only see", f"skyrmlive keys authorise --may send '{VIEWER.public}'"),
    ],
    ids=STRANGERS,
)
def test_a_stranger_is_told_why_in_one_sentence(kind, sentence, listener, server, make_frame):
    access = STRANGERS[kind](server)
    sender = FrameSender(listener.address, access=access, connect_timeout_s=1.0)
    with pytest.raises(UserError) as refusal, sender:
        sender.send(make_frame())
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_client_authorised_in_mid_run_comes_in(listener, server, keys, make_frame, caplog):
    access = ClientAccess(STRANGER, server.own.public)
    with pytest.raises(UserError), FrameSender(listener.address, access=access) as sender:
        sender.send(make_frame())
    assert f"--may send '{STRANGER.public}'" in caplog.text
    authorise(keys, STRANGER.public, "newcomer", "send")
    with FrameSender(listener.address, access=access) as sender:
        sender.send(make_frame(seq=3))
        assert sequence(listener, 3) == [3]


def test_frames_of_a_revoked_client_stay_out_although_it_is_connected(
    listener, camera, server, context, keys, make_frame, caplog
):
    other = client(context, listener.address, zmq.PUSH, ClientAccess(STRANGER, server.own.public))
    authorise(keys, STRANGER.public, "other", "send")
    other.disconnect(listener.address)
    other.connect(listener.address)
    send_plainly(other, 1)
    assert sequence(listener, 1) == [1]
    revoke(keys, "other")
    send_plainly(other, 2)
    wait_for(lambda: listener.receive(0.1) == [] and listener.rejected == 1)
    assert "revoked" in caplog.text
    camera.send(make_frame(seq=3))
    assert sequence(listener, 3) == [3]


def test_a_camera_that_binds_is_fetched_from_with_its_key(context, make_frame, caplog):
    camera = context.socket(zmq.PUSH)
    camera.setsockopt(zmq.LINGER, 0)
    camera.curve_server = True
    camera.curve_secretkey = CAMERA.secret.encode()
    camera.bind(ANY_PORT)
    address = camera.getsockopt_string(zmq.LAST_ENDPOINT)
    false = ClientAccess(VIEWER, STRANGER.public)
    with FrameListener(address, mode="connect", access=false, context=context) as listener:
        wait_for(lambda: listener.receive(0.01) or listener.problem)
        assert "is not its key" in listener.problem
    access = ClientAccess(VIEWER, CAMERA.public)
    with FrameListener(address, mode="connect", access=access, context=context) as listener:
        send_plainly(camera, 5)
        assert sequence(listener, 5) == [5]
        assert listener.problem == ""
