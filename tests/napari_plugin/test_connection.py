"""The receiving thread, over real loopback sockets; no window needed."""

import time
from contextlib import closing
from threading import enumerate as running_threads

import numpy as np
import pytest
import zmq

from skyrmlive.napari_plugin.connection import Connection
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.publisher import FRAME_TOPIC, RESULT_TOPIC, ResultPublisher

PATIENCE_S = 20.0


@pytest.fixture
def connection():
    connection = Connection()
    yield connection
    connection.stop()


@pytest.fixture
def publisher():
    with ResultPublisher("tcp://127.0.0.1:*") as publisher:
        yield publisher


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
    np.testing.assert_array_equal(delivery.newest.outlines > 0, result.labels > 0)
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
            assert {socket.recv()[:1], socket.recv()[:1]} == {b"\1"}
            connection.stop()
            assert not receivers()
            assert connection.address is None
            # The publisher is told that nobody listens any more: the socket is closed.
            assert socket.poll(PATIENCE_S * 1000)
            assert {socket.recv()[:1], socket.recv()[:1]} == {b"\0"}
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
