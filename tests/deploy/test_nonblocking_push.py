from __future__ import annotations

import json

import numpy as np
import pytest
import zmq
import zmq.auth
from nonblocking_push import NonblockingPush, read_keys


def test_without_a_receiver_all_is_dropped_and_counted():
    with NonblockingPush("tcp://127.0.0.1:9") as push:
        assert [push.send(b"{}") for _ in range(3)] == [False] * 3
    assert (push.sent, push.dropped) == (0, 3)


def test_a_slow_receiver_costs_frames_and_no_time(push, listener, receive):
    pixels = np.zeros((512, 1024), np.uint16)
    n = 0
    while push.dropped < 5:  # ZeroMQ and the operating system hold some
        header = json.dumps({"dtype": "uint16", "shape": [512, 1024], "seq": n})
        push.send(header.encode(), pixels)
        n += 1
        assert n < 1000, "nothing is ever dropped"
    frames = receive(push.sent)
    assert [frame.shape for frame in frames] == [(512, 1024)] * push.sent
    assert push.sent + push.dropped == n
    # Gaps after the last frame that came do not show.
    assert listener.counters["missing"] == frames[-1].metadata.seq + 1 - push.sent


def test_pixels_may_change_as_soon_as_they_are_sent(push, receive):
    pixels = np.full((2048, 2048), 7, np.uint16)
    assert push.send(b'{"dtype": "uint16", "shape": [2048, 2048]}', pixels)
    pixels[:] = 9
    (frame,) = receive(1)
    assert (frame.pixels == 7).all()


@pytest.mark.parametrize("address", ["", "5555", "tcp://127.0.0.1", "udp://x"])
def test_malformed_addresses_are_said_in_one_sentence(address: str):
    with pytest.raises(ValueError, match="cannot be used"):
        NonblockingPush(address)


@pytest.fixture
def keys(tmp_path):
    server = zmq.auth.create_certificates(str(tmp_path), "receiver")
    own = zmq.auth.create_certificates(str(tmp_path), "camera")
    return server, own


def test_keys_open_an_encrypted_receiver(context, keys, wait_until_connected):
    (server_public, server_secret), (_, own_secret) = keys
    receiver = context.socket(zmq.PULL)
    receiver.curve_server = True
    receiver.curve_publickey, receiver.curve_secretkey = zmq.auth.load_certificate(server_secret)
    receiver.bind("tcp://127.0.0.1:*")
    address = receiver.getsockopt_string(zmq.LAST_ENDPOINT)
    with NonblockingPush(address, keys=read_keys(server_public, own_secret)) as push:
        wait_until_connected(push)
        assert push.send(b"secret")
        assert receiver.recv() == b"secret"
    with NonblockingPush(address) as plain:
        assert not plain._socket.poll(300, zmq.POLLOUT), "it takes messages without keys"


def test_missing_and_public_keys_are_said_in_one_sentence(keys, tmp_path):
    (server_public, _), (own_public, _) = keys
    with pytest.raises(ValueError, match="cannot be read"):
        read_keys(server_public, str(tmp_path / "none.key_secret"))
    with pytest.raises(ValueError, match="no secret key"):
        read_keys(server_public, own_public)
