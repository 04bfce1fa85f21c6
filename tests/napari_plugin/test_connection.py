"""The receiving thread, over real loopback sockets; no window needed."""

import time
from contextlib import closing
from threading import enumerate as running_threads

import numpy as np
import pytest
import zmq

from skyrmlive.napari_plugin.connection import Connection
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.publisher import FRAME_TOPIC, RESULT_TOPIC, STATUS_TOPIC, ResultPublisher
from skyrmlive.stream.security import ClientAccess, ServerAccess
from skyrmlive.stream.security.authorised import authorise
from skyrmlive.stream.security.key_folder import make_own_key
from skyrmlive.stream.status import RunStatus

PATIENCE_S = 20.0
TOPICS = (FRAME_TOPIC, RESULT_TOPIC, STATUS_TOPIC)


@pytest.fixture
def connection():
    connection = Connection()
    yield connection
    connection.stop()


def until(condition, again=lambda: None):
    """Call `again` and return what `condition` returns once that is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, "nothing happened"
        again()
        time.sleep(0.01)
    return value


def receivers():
    return [thread for thread in running_threads() if thread.name == "skyrmlive results"]


def test_delivers_frame_and_result_together(connection, publisher, sweep_frame):
    frame, result = sweep_frame(3)
    connection.start(publisher.address)
    # A subscription takes a moment to reach the publisher, so it says it until it is heard.
    delivery = until(connection.mailbox.take, lambda: publisher.publish(result, frame))
    np.testing.assert_array_equal(delivery.newest.pixels, frame.pixels)
    outlines = delivery.newest.outlines
    assert outlines.shape == result.labels.shape
    x, y = np.rint(outlines.points[outlines.starts]).astype(int).T
    near = [
        result.labels[max(0, v - 2) : v + 3, max(0, u - 2) : u + 3] == label
        for u, v, label in zip(x, y, outlines.labels, strict=True)
    ]
    assert all(part.any() for part in near), "each outline begins at its own label"
    assert set(outlines.labels) == set(result.table["label"])
    assert delivery.newest.result.summary == result.summary
    assert connection.problem == ""


def test_no_number_is_lost_when_nobody_looks(connection, publisher, sweep_frame):
    frame, result = sweep_frame(0)
    connection.start(publisher.address)
    until(connection.mailbox.take, lambda: publisher.publish(result, frame))
    seen = []

    def look():
        delivery = connection.mailbox.take()
        if delivery is not None:
            seen.extend(summary.frame for summary in delivery.passed)
            seen.append(delivery.newest.result.summary.frame)
        return 6 in seen

    for index in range(1, 7):
        publisher.publish(*reversed(sweep_frame(index)))
    until(look)
    assert [index for index in seen if index > 0] == [1, 2, 3, 4, 5, 6]


def test_a_result_never_wears_the_pixels_of_another_frame(connection, publisher, sweep_frame):
    frame, result = sweep_frame(0)
    _, later = sweep_frame(1)
    connection.start(publisher.address)

    def publish():
        publisher.publish(result, frame)
        publisher.publish(later)

    def newest_is_later():
        delivery = connection.mailbox.take()
        return delivery and delivery.newest.result.summary.frame == 1 and delivery

    assert until(newest_is_later, publish).newest.pixels is None


def test_a_broken_message_is_counted_and_the_next_is_shown(connection, sweep_frame):
    with closing(zmq.Context.instance().socket(zmq.XPUB)) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        connection.start(f"tcp://127.0.0.1:{port}")
        assert socket.poll(PATIENCE_S * 1000)
        assert {socket.recv(), socket.recv()} == {b"\1" + RESULT_TOPIC, b"\1" + FRAME_TOPIC}
        socket.send_multipart([RESULT_TOPIC, b"{", b""])
        socket.send_multipart([FRAME_TOPIC, b"{}", b"not packed"])
        until(lambda: "could not be read: 2" in connection.problem)
    frame, result = sweep_frame(0)
    with ResultPublisher(f"tcp://127.0.0.1:{port}") as publisher:
        until(connection.mailbox.take, lambda: publisher.publish(result, frame))


def test_stop_ends_thread_and_socket(connection):
    with closing(zmq.Context.instance().socket(zmq.XPUB)) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        for _ in range(3):
            connection.start(f"tcp://127.0.0.1:{port}")
            assert len(receivers()) == 1
            assert {socket.recv()[:1] for _ in TOPICS} == {b"\1"}
            connection.stop()
            assert not receivers()
            assert connection.address is None
            # The publisher is told that nobody listens any more: the socket is closed.
            assert socket.poll(PATIENCE_S * 1000)
            assert {socket.recv()[:1] for _ in TOPICS} == {b"\0"}
    connection.stop()


def test_a_new_start_forgets_what_came_before(connection, publisher, sweep_frame):
    frame, result = sweep_frame(0)
    connection.start(publisher.address)
    until(connection.mailbox.take, lambda: publisher.publish(result, frame))
    publisher.publish(result, frame)
    connection.start("tcp://127.0.0.1:1")
    assert connection.mailbox.take() is None
    assert len(receivers()) == 1


@pytest.mark.parametrize("address", ["", "127.0.0.1:5556", "tcp://127.0.0.1", "tcp://x:99999"])
def test_a_malformed_address_is_refused_at_once(connection, address):
    with pytest.raises(UserError):
        connection.start(address)
    assert connection.address is None
    assert not receivers()


def test_with_keys_only_who_is_let_in_sees_and_the_others_are_told_why(
    connection, sweep_frame, tmp_path
):
    server, viewer = tmp_path / "server", tmp_path / "viewer"
    make_own_key(server, "analysis-pc")
    make_own_key(viewer, "viewer-pc")
    frame, result = sweep_frame(1)
    access = ServerAccess.from_folder(server)
    with ResultPublisher("tcp://127.0.0.1:*", access=access) as publisher:
        ours = ClientAccess.from_folder(access.own.public, viewer)
        connection.start(publisher.address, ours)
        until(lambda: "authorise" in connection.problem)
        authorise(server, ours.own.public, "viewer-pc", "see")
        until(connection.mailbox.take, lambda: publisher.publish(result, frame))
        assert connection.problem == ""


def test_the_state_of_the_run_comes_along(connection, publisher):
    connection.start(publisher.address)
    assert connection.status is None
    status = RunStatus(time=1.0, state="catching up", counters={"waiting": 3})
    until(lambda: connection.status, lambda: publisher.publish_status(status))
    assert connection.status == status
