from __future__ import annotations

import json

import numpy as np
import pytest
from nonblocking_push import Keys, NonblockingPush, read_keys

from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.security import ServerAccess
from skyrmlive.stream.security.authorised import authorise
from skyrmlive.stream.security.key_folder import make_own_key


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
def server_keys(tmp_path):
    folder = tmp_path / "server"
    make_own_key(folder, "server")
    return folder


@pytest.fixture
def camera_keys(tmp_path, server_keys):
    folder = tmp_path / "camera"
    key = make_own_key(folder, "camera")
    authorise(server_keys, key.public_key, "camera", "send")
    return folder


def test_keys_of_skyrmlive_open_an_encrypted_receiver(
    context, server_keys, camera_keys, wait_until_connected
):
    access = ServerAccess.from_folder(server_keys)
    keys = read_keys(str(server_keys / "server.public.json"), str(camera_keys / "own.secret.json"))
    assert keys == read_keys(access.own.public, str(camera_keys / "own.secret.json"))
    with FrameListener("tcp://127.0.0.1:*", access=access, context=context) as listener:
        with NonblockingPush(listener.address, keys=keys) as push:
            wait_until_connected(push)
            assert push.send(b'{"dtype": "uint8", "shape": [1, 1]}', b"\7")
            (arrival,) = listener.receive(20)
        assert arrival.frame.pixels == 7
        with NonblockingPush(listener.address) as plain:
            assert not plain.send(b'{"dtype": "uint8", "shape": [1, 1]}', b"\7")


def test_missing_and_public_keys_are_said_in_one_sentence(server_keys, camera_keys, tmp_path):
    server = str(server_keys / "server.public.json")
    with pytest.raises(ValueError, match="cannot be read"):
        read_keys(server, str(tmp_path / "none.secret.json"))
    with pytest.raises(ValueError, match="holds no public_key and secret_key"):
        read_keys(server, str(camera_keys / "camera.public.json"))
    (tmp_path / "damaged.json").write_text("[1]")
    with pytest.raises(ValueError, match="holds no public_key"):
        read_keys(str(tmp_path / "damaged.json"), str(camera_keys / "own.secret.json"))
    with pytest.raises(ValueError, match="cannot be used"):
        NonblockingPush("tcp://127.0.0.1:9", keys=Keys(b"short", b"short", b"short"))
