"""Numbers and clocks of cameras: counted, never corrected."""

from __future__ import annotations

import pytest

from skyrmlive.stream.numbering import Numbering
from skyrmlive.stream.recording import Recording, check
from skyrmlive.stream.sender import FrameSender
from skyrmlive.stream.stage import StageReading

from .recorded import record, recorded_numbers, send


def test_frames_are_recorded_as_they_come_whatever_their_numbers(listener, recorder, make_frame):
    numbers = [0, 1, 1, 1, 2, 0, 1, 2**63 - 1, -(2**63), None, 5, 9]
    send(listener.address, [make_frame(seq=seq) for seq in numbers])
    record(listener, recorder, len(numbers))
    recorder.close()
    assert recorded_numbers(recorder.path) == numbers


@pytest.mark.parametrize(
    ("numbers", "missing", "repeated", "restarts"),
    [
        ([5, 6, 7], 0, 0, 0),
        ([5, None, 6], 0, 0, 0),
        ([5, 9, 10], 3, 0, 0),
        ([5, 5, 5, 6], 0, 2, 0),
        ([5, 6, 0, 1, 3], 1, 0, 1),
        ([0, 2**63 - 1, -(2**63)], 2**63 - 2, 0, 1),
    ],
)
def test_what_numbers_tell(numbers, missing, repeated, restarts):
    numbering = Numbering()
    for number in numbers:
        numbering.follow(None, number)
    assert (numbering.missing, numbering.repeated, numbering.restarts) == (
        missing,
        repeated,
        restarts,
    )


def test_cameras_with_names_are_counted_apart():
    numbering = Numbering()
    for seq in range(5):
        numbering.follow("left", seq)
        numbering.follow("right", 1000 + seq)
    assert (numbering.missing, numbering.repeated, numbering.restarts) == (0, 0, 0)


def test_numbers_without_sense_fill_neither_memory_nor_log(caplog):
    numbering = Numbering()
    for i in range(5000):
        numbering.follow(f"camera {i}", 0)
        numbering.follow(None, 7 * i)
    assert numbering.missing == 6 * 4999
    assert len(caplog.records) < 200
    numbering.follow("camera 0", 5)  # forgotten by now, and so no gap
    assert numbering.missing == 6 * 4999


def test_the_listener_tells_repeats_and_restarts_of_each_camera(listener, make_frame):
    with FrameSender(listener.address) as sender:
        for seq in (0, 1, 1, 5, 0):
            sender.send(make_frame(seq=seq, source="left"))
            sender.send(make_frame(seq=seq + 1000, source="right"))
        taken = 0
        while taken < 10:
            taken += len(listener.receive(30))
    counted = {key: listener.counters[key] for key in ("missing", "repeated", "restarts")}
    assert counted == {"missing": 6, "repeated": 2, "restarts": 2}


def test_clocks_that_jump_are_recorded_as_they_are(listener, recorder, make_frame):
    times = [1e9, 1e9 + 1, 5.0, 1e300, -1e300, 1e9 + 2]
    with FrameSender(listener.address) as sender:
        for moment in times:
            sender.send_stage(StageReading(moment, {"temperature_k": 100.0}))
            sender.send(make_frame(timestamp=moment))
        record(listener, recorder, len(times))
    recorder.close()
    assert check(recorder.path) == []
    recording = Recording(recorder.path)
    assert recording.closed
    assert [frame.metadata.timestamp for frame in recording.frames()] == times
    assert all(frame.metadata.temperature_k == 100 for frame in recording.frames())


def test_one_reading_from_the_future_does_no_harm(listener, make_frame):
    with FrameSender(listener.address) as sender:
        for second in range(10):
            sender.send_stage(StageReading(1e9 + second, {"temperature_k": 100.0 + second}))
        sender.send_stage(StageReading(1e12, {"temperature_k": 300.0}))  # in milliseconds
        sender.send(make_frame(timestamp=1e9 + 4.5))
        (arrival,) = listener.receive(30)
    assert arrival.frame.metadata.temperature_k == pytest.approx(104.5)
