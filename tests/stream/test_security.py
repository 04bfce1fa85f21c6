"""Keys on the wire: who comes in, who does not, and what each of them is told. Real sockets."""

from __future__ import annotations

import contextlib
import logging
import os
import socket as sockets
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zmq

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.result import FrameResult
from skyrmlive.stream.security import ClientAccess, KeyPair, ServerAccess
from skyrmlive.stream.security.authorised import AUTHORISED, authorise, revoke
from skyrmlive.stream.security.key_folder import make_own_key
from skyrmlive.stream.sender import FrameSender
from skyrmlive.stream.subscriber import ResultSubscriber

ANY_PORT = "tcp://127.0.0.1:*"
CAMERA, VIEWER, STRANGER = KeyPair.new(), KeyPair.new(), KeyPair.new()


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


def wait_for(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def sequence(listener: FrameListener, last: int) -> list[int | None]:
    """Return the numbers of the frames that come, up to `last`."""
    numbers: list[int | None] = []
    while last not in numbers:
        arrivals = listener.receive(20)
        assert arrivals, f"only {numbers} came"
        numbers += [arrival.frame.metadata.seq for arrival in arrivals]
    return numbers


def client(context: zmq.Context, address: str, kind: int, access: ClientAccess | None):
    """Return a plain socket that knows nothing of us, its keys set as pyzmq documents."""
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    if access is not None:
        socket.curve_serverkey = access.server_key.encode()
        socket.curve_publickey = access.own.public.encode()
        socket.curve_secretkey = access.own.secret.encode()
    socket.connect(address)
    return socket


def send_plainly(socket: zmq.Socket, seq: int) -> None:
    image = np.zeros((3, 4), np.uint16)
    socket.send_json({"dtype": str(image.dtype), "shape": image.shape, "seq": seq}, zmq.SNDMORE)
    socket.send(image)


def test_frames_of_an_authorised_client_arrive(listener, camera, make_frame):
    for seq in range(5):
        camera.send(make_frame(seq=seq))
    assert sequence(listener, 4) == [0, 1, 2, 3, 4]
    assert listener.counters["refused"] == 0


def test_a_plain_pyzmq_camera_needs_three_lines(listener, server, context):
    socket = client(context, listener.address, zmq.PUSH, ClientAccess(CAMERA, server.own.public))
    send_plainly(socket, 7)
    assert sequence(listener, 7) == [7]


STRANGERS = {
    "no key": lambda server: None,
    "wrong server key": lambda server: ClientAccess(CAMERA, STRANGER.public),
    "not authorised": lambda server: ClientAccess(STRANGER, server.own.public),
    "may only see": lambda server: ClientAccess(VIEWER, server.own.public),
}


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


def seen(publisher: ResultPublisher, result: FrameResult, *subscribers: ResultSubscriber) -> None:
    """Publish until each of the subscribers has seen one."""
    waiting = list(subscribers)
    deadline = time.monotonic() + 20
    while waiting:
        assert time.monotonic() < deadline, "no result came"
        publisher.publish(result)
        waiting = [each for each in waiting if each.receive(0.02) is None]


@pytest.mark.parametrize("kind", ["no key", "wrong server key", "not authorised", "may only send"])
def test_a_stranger_sees_no_results_and_disturbs_nobody(
    kind, publisher, viewer, server, context, analyser, make_frame
):
    result = analyser.analyse(make_frame(3), 0, 0.0)
    make = STRANGERS.get(kind, lambda server: ClientAccess(CAMERA, server.own.public))
    stranger = client(context, publisher.address, zmq.SUB, make(server))
    stranger.subscribe(b"")
    seen(publisher, result, viewer)
    wait_for(lambda: publisher.refused)
    seen(publisher, result, viewer, viewer)
    assert not stranger.poll(200)


def test_a_viewer_is_told_why_and_comes_in_once_authorised(
    publisher, viewer, server, context, keys, analyser, make_frame
):
    result = analyser.analyse(make_frame(3), 0, 0.0)
    access = ClientAccess(STRANGER, server.own.public)
    with ResultSubscriber(publisher.address, access=access, context=context) as subscriber:
        wait_for(lambda: subscriber.receive(0.01) or subscriber.problem)
        assert f"--may see '{STRANGER.public}'" in subscriber.problem
        authorise(keys, STRANGER.public, "newcomer", "see")
        seen(publisher, result, viewer, subscriber)
        assert subscriber.problem == ""


def test_a_revoked_viewer_sees_nothing_any_more_and_the_others_go_on(
    publisher, viewer, server, context, keys, analyser, make_frame
):
    result = analyser.analyse(make_frame(3), 0, 0.0)
    authorise(keys, STRANGER.public, "other", "see")
    other = client(context, publisher.address, zmq.SUB, ClientAccess(STRANGER, server.own.public))
    other.subscribe(b"")
    seen(publisher, result, viewer)
    while not other.poll(20):
        publisher.publish(result)
    revoke(keys, "other")
    publisher.publish(result)  # notices
    while other.poll(1200):  # what was under way leaves within a second
        other.recv_multipart()
    seen(publisher, result, viewer, viewer)
    wait_for(lambda: publisher.refused)
    assert not other.poll(100)


def test_an_address_taken_meanwhile_does_not_end_the_run(
    publisher, viewer, server, context, keys, analyser, make_frame, caplog
):
    result = analyser.analyse(make_frame(3), 0, 0.0)
    seen(publisher, result, viewer)
    publisher._socket.close()  # as a revocation does, when another program is quicker than we
    other = context.socket(zmq.PUB)
    wait_for(lambda: bound(other, publisher.address))
    revoke(keys, "viewer-pc")
    publisher.publish(result)
    assert "already in use" in caplog.text
    other.close()
    authorise(keys, VIEWER.public, "viewer-pc", "see")
    seen(publisher, result, viewer)


def bound(socket: zmq.Socket, address: str) -> bool:
    with contextlib.suppress(zmq.ZMQError):
        socket.bind(address)
        return True
    return False


def test_the_server_itself_sees_its_results(publisher, server, context, analyser, make_frame):
    access = ClientAccess(server.own, server.own.public)
    with ResultSubscriber(publisher.address, access=access, context=context) as subscriber:
        seen(publisher, analyser.analyse(make_frame(3), 0, 0.0), subscriber)


def test_a_damaged_list_shuts_nobody_out(listener, camera, keys, make_frame, caplog):
    camera.send(make_frame(seq=0))
    assert sequence(listener, 0) == [0]
    (keys / AUTHORISED).write_text("{oops")
    camera.send(make_frame(seq=1))
    assert sequence(listener, 1) == [1]
    assert "stays as it was" in caplog.text
    with pytest.raises(UserError, match="is damaged"):
        ServerAccess.from_folder(keys)


def own_network_address() -> str | None:
    """Return an address by which other computers know this one; nothing is sent to find it."""
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        host = probe.getsockname()[0]
    return None if host.startswith("127.") else host


@pytest.mark.skipif(own_network_address() is None, reason="this computer has no network")
def test_on_the_network_keys_are_required(server, context, make_frame):
    address = f"tcp://{own_network_address()}:*"
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


def test_access_must_suit_the_side(server, context):
    client_side = ClientAccess(CAMERA, server.own.public)
    with pytest.raises(ValueError, match="ServerAccess"):
        FrameListener(ANY_PORT, access=client_side, context=context)
    with pytest.raises(ValueError, match="ClientAccess"):
        FrameListener("tcp://127.0.0.1:9", mode="connect", access=server, context=context)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_files_that_others_can_reach_are_refused(keys: Path):
    (keys / AUTHORISED).chmod(0o666)
    with pytest.raises(UserError, match=r"Others can change .* `chmod 644"):
        ServerAccess.from_folder(keys)
    (keys / AUTHORISED).chmod(0o600)
    (keys / "own.secret.json").chmod(0o640)
    with pytest.raises(UserError, match=r"Others can read .* `chmod 600"):
        ServerAccess.from_folder(keys)
