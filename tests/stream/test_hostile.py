"""Hostile messages, bytes and connections; `benchmarks/hostile_messages.py` sends a million."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_fuzzer import bombard, mutation, published, raw_tcp, structured
from wire_fuzzer.target import Target, listen, numbered_frame

from skyrmlive.stream.errors import FrameRejected
from skyrmlive.stream.subscriber import decode_published
from skyrmlive.stream.wire import decode_message, encode_frame

MESSAGES = 10_000
GROWTH_MB = 32


@settings(max_examples=200)
@given(structured.messages)
def test_a_structured_message_is_taken_or_rejected_in_one_line(message: list[bytes]):
    assert "\n" not in reason_to_reject(message)


def reason_to_reject(message: list[bytes]) -> str:
    try:
        decode_message(message)
    except FrameRejected as reason:
        return str(reason)
    return ""


def test_of_thousands_of_hostile_messages_each_is_counted_and_no_frame_is_lost():
    shots = bombard.at_listener(MESSAGES, seed=1)
    assert shots.faults == []
    assert shots.intact == MESSAGES / bombard.NUMBERED_EVERY
    counted = [shots.counters[key] for key in ("received", "rejected", "stage_readings")]
    assert sum(counted) == MESSAGES
    assert min(counted) > 100, "the fuzzer should reach what is valid, too"
    assert shots.growth_mb < GROWTH_MB


def test_frames_come_through_a_port_that_is_misused_in_every_way():
    shots, sent = bombard.at_port(rounds=4, silent=200)
    assert shots.faults == []
    assert shots.intact == sent == 4 * len(raw_tcp.MISUSES)
    assert shots.growth_mb < GROWTH_MB


@pytest.fixture
def target():
    target = Target(listen)
    yield target
    target.end()


def test_a_raw_connection_can_speak_zmtp(target: Target):
    host, port = re.fullmatch(r"tcp://(.*):(\d+)", target.pipe.recv()).groups()
    header, pixels = encode_frame(numbered_frame(0))
    with raw_tcp.shake_hands((host, int(port))) as camera:
        camera.sendall(raw_tcp.frame(header, raw_tcp.MORE) + raw_tcp.frame(bytes(pixels)))
        target.pipe.send({"numbered": 1, "messages": 1})
        assert target.report().intact == 1


@pytest.mark.parametrize(("n_bytes", "refused"), [(2**62, True), (2**31 + 1, True), (2**31, False)])
def test_an_announced_length_costs_no_memory_and_an_absurd_one_the_connection(
    target: Target, n_bytes: int, refused: bool
):
    host, port = re.fullmatch(r"tcp://(.*):(\d+)", target.pipe.recv()).groups()
    connections = []
    for _ in range(20):
        connections.append(raw_tcp.shake_hands((host, int(port))))
        connections[-1].sendall(raw_tcp.announcement(n_bytes) + b"x")
    if refused:
        assert all(raw_tcp.is_closed(connection) for connection in connections)
    else:
        assert not any(raw_tcp.is_closed(connection, 0.05) for connection in connections)
    assert resident_mb(target.process.pid) < 400
    target.pipe.send({"numbered": 0, "messages": 0})
    target.report()
    for connection in connections:
        connection.close()


def resident_mb(pid: int | None) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1e3


def test_of_thousands_of_published_messages_none_ends_the_viewer():
    shots = bombard.at_decoder(4000, seed=1)
    assert shots.faults == []
    assert sum(shots.counters.values()) == 4000
    assert shots.counters["decoded"] > 100, "harmless damage is taken"
    assert shots.growth_mb < GROWTH_MB


@pytest.mark.parametrize("lie", sorted(published.lies()))
def test_a_publisher_that_lies_is_rejected(lie: str):
    with pytest.raises(FrameRejected) as rejected:
        decode_published(published.lies()[lie])
    assert "\n" not in str(rejected.value)


@given(st.integers(0, 2**32))
def test_damage_is_the_same_for_the_same_seed_and_damages(seed: int):
    message = [b"header of a message", bytes(100)]
    damaged = mutation.damage(message, Random(seed))
    assert damaged == mutation.damage(message, Random(seed))
