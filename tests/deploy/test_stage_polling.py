from __future__ import annotations

import json
import logging
import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nonblocking_push import NonblockingPush
from stage.polling import poll, stage_message

from skyrmlive.stream.stage import StageReading
from skyrmlive.stream.wire import decode_message


class Microscope:
    """Says the next of `readings` each time; an exception is raised, and the last one ends it."""

    def __init__(self, *readings: object) -> None:
        self.readings = list(readings)
        self.connections = 0
        self.stop = threading.Event()

    def connect(self):
        self.connections += 1
        return self.read

    def read(self) -> dict:
        reading = self.readings.pop(0)
        if not self.readings:
            self.stop.set()
        if isinstance(reading, Exception):
            raise reading
        assert isinstance(reading, dict)
        return reading


def run(microscope: Microscope, push: NonblockingPush) -> None:
    poll(microscope.connect, push, period_s=0.01, stop=microscope.stop, clock=lambda: 15.0)


def test_readings_reach_the_frames(push, listener, receive):
    run(Microscope({"temperature_k": 100.0}, {}, {"tilt_x_deg": 20.0, "field_mt": 300.0}), push)
    push.send(b'{"dtype": "uint8", "shape": [1, 1], "timestamp": 15}', b"\0")
    (frame,) = receive(1)
    found = frame.metadata
    assert (found.temperature_k, found.tilt_x_deg, found.field_mt) == (100, 20, 300)
    assert listener.counters["stage_readings"] == 2


def test_a_microscope_that_fails_is_asked_again_and_said_once(push, caplog):
    broken = RuntimeError("no answer")
    microscope = Microscope({"a": 1.0}, broken, broken, broken, {"a": 2.0}, {"a": 3.0})
    with caplog.at_level(logging.INFO):
        run(microscope, push)
    assert push.sent == 3
    assert microscope.connections == 4
    assert [record.levelname for record in caplog.records if "read" in record.message] == [
        "WARNING"
    ]
    assert [record.message for record in caplog.records].count("Reading.") == 2


def test_an_absent_receiver_is_said_once(caplog):
    with NonblockingPush("tcp://127.0.0.1:9") as push, caplog.at_level(logging.INFO):
        run(Microscope(*[{"a": 1.0}] * 5), push)
    assert push.dropped == 5
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "No receiver at tcp://127.0.0.1:9."
    ]


def test_a_package_that_is_not_there_is_not_waited_for(push):
    with pytest.raises(ImportError):
        run(Microscope(ImportError("No module named 'PyJEM'"), {}), push)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("voltage_kv", 0.0),
        ("tilt_x_deg", 90.0),
        ("tilt_y_deg", math.nan),
        ("temperature_k", -3.0),
        ("field_mt", math.inf),
    ],
)
def test_one_impossible_value_does_not_cost_the_others(name, value):
    message = stage_message({name: value, "defocus_nm": -2e6}, 1.0)
    assert message is not None
    assert json.loads(message) == {"type": "stage", "timestamp": 1.0, "defocus_nm": -2e6}
    assert stage_message({name: value}, 1.0) is None


@given(
    st.dictionaries(
        st.sampled_from(["voltage_kv", "tilt_x_deg", "temperature_k", "defocus_nm", "any"]),
        st.floats(),
    )
)
def test_no_message_is_refused(quantities):
    message = stage_message(quantities, 5.0)
    if message is not None:
        reading = decode_message([message])
        assert isinstance(reading, StageReading)
        assert reading.quantities.items() <= quantities.items()
