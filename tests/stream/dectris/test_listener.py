"""The listener against a PUSH socket, as the control unit has one."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pytest
import zmq

from skyrmlive.stream.dectris import DectrisListener
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import Frame

from .encoding import Tag, encode, end, image, image_array, message, start

pytest.importorskip("dectris.compression", reason="dectris-compression is not installed")

STARTED_AT = 1772362801.25  # the encoded date of the series, in Unix seconds


@pytest.fixture
def detector(context):
    socket = context.socket(zmq.PUSH)
    socket.bind("tcp://127.0.0.1:*")
    return socket


@pytest.fixture
def listener(context, detector):
    address = detector.getsockopt_string(zmq.LAST_ENDPOINT)
    with DectrisListener(address, context=context) as listener:
        yield listener


def receive(listener: DectrisListener, n: int) -> list[Frame]:
    frames: list[Frame] = []
    while len(frames) < n:
        batch = listener.receive(20, n - len(frames))
        assert batch, f"only {len(frames)} of {n} frames came"
        frames += [arrival.frame for arrival in batch]
    return frames


def counted(listener: DectrisListener) -> tuple[int, ...]:
    names = ("received", "rejected", "missing", "series")
    return tuple(listener.counters[name] for name in names)


def test_a_series_becomes_frames(detector, listener, caplog):
    for sent in (start(), image(0), image(1), image(2), end()):
        detector.send(sent)
    frames = receive(listener, 3)
    assert counted(listener) == (3, 0, 0, 1)
    assert [int(frame.pixels[0, 0]) for frame in frames] == [0, 1, 2]
    assert [frame.metadata.seq for frame in frames] == [0, 1, 2]
    assert [frame.metadata.timestamp for frame in frames] == pytest.approx(
        [STARTED_AT, STARTED_AT + 0.002, STARTED_AT + 0.004], abs=1e-6
    )
    last = frames[2].metadata
    assert last.source == "Dectris ARINA Si E-05-0100"
    assert last.voltage_kv == 200
    assert last.pixel_size_nm is None
    assert last.model_extra == {
        "series_id": 7,
        "series_unique_id": "01HBV3JPF9T4ZDPADX6EMK6XMZ",
        "channel": "threshold_1",
        "threshold_energy_ev": 40e3,
        "incident_energy_ev": 200e3,
        "real_time_s": 0.00198,
        "count_time_s": 0.0099,
        "frame_time_s": 0.01,
        "sensor_material": "Si",
    }
    assert last.saturation_value == 65534
    assert not caplog.records


def test_every_channel_is_a_frame_of_its_own(detector, listener):
    channels = {f"threshold_{n}": image_array(np.full((4, 6), n, "<u2")) for n in (1, 2)}
    detector.send(start())
    detector.send(image(0, data=channels))
    detector.send(image(1, data=channels))
    frames = [frame for _ in range(4) for frame in receive(listener, 1)]
    assert counted(listener) == (4, 0, 0, 1)
    assert [(f.metadata.seq, f.metadata.model_extra["channel"]) for f in frames] == [
        (seq, channel) for seq in (0, 1) for channel in channels
    ]
    assert [int(frame.pixels[0, 0]) for frame in frames] == [1, 2, 1, 2]
    assert frames[1].metadata.model_extra["threshold_energy_ev"] == 90e3


def test_marked_pixels_are_kept(detector, listener):
    pixels = np.array([[65535, 65534], [0, 1]], "<u2")
    detector.send(image(data={"threshold_1": image_array(pixels, "bslz4")}))
    (frame,) = receive(listener, 1)
    assert np.array_equal(frame.pixels, pixels)


def test_a_series_that_has_begun_already_is_taken(detector, listener, caplog):
    for sent in (image(40), image(41), end(), end(), start(series_id=8), end(series_id=8)):
        detector.send(sent)
    detector.send(image(0, series_id=9))
    first, second, _ = receive(listener, 3)
    assert counted(listener) == (3, 0, 0, 3)
    assert (first.metadata.seq, second.metadata.seq) == (40, 41)
    assert first.metadata.timestamp == pytest.approx(STARTED_AT + 0.08)
    assert first.metadata.source is None
    assert "The series ended after 0 of 3 images." in caplog.text


def test_missing_images_are_counted_within_a_series(detector, listener, caplog):
    detector.send(start(number_of_images=10))
    for number in (1, 2, 5):
        detector.send(image(number))
    detector.send(start(series_id=8))  # without an end
    detector.send(image(0, series_id=8))
    detector.send(image(3, series_id=9))  # its start went to another client
    detector.send(image(5, series_id=9))
    receive(listener, 6)
    assert counted(listener) == (6, 0, 1 + 2 + 1, 3)
    assert "2 images before number 5 never came" in caplog.text


def test_the_end_of_another_series_ends_nothing(detector, listener):
    for sent in (start(), image(0), end(series_id=6), image(1), end(), image(0, series_id=8)):
        detector.send(sent)
    receive(listener, 3)
    assert counted(listener) == (3, 0, 0, 2)


def test_settings_of_another_series_are_not_taken(detector, listener):
    detector.send(start(series_id=8))
    detector.send(image(0))
    (frame,) = receive(listener, 1)
    assert frame.metadata.source is None
    assert frame.metadata.voltage_kv is None


@pytest.mark.parametrize(("energy_ev", "voltage_kv"), [(300e3, 300.0), (8e3, None), (-1.0, None)])
def test_the_energy_of_x_rays_is_no_voltage(detector, listener, energy_ev, voltage_kv):
    detector.send(start(incident_energy=energy_ev))
    detector.send(image(0))
    (frame,) = receive(listener, 1)
    assert frame.metadata.voltage_kv == voltage_kv
    assert frame.metadata.model_extra["incident_energy_ev"] == energy_ev


def test_bad_messages_are_counted_and_the_stream_goes_on(detector, listener, caplog):
    detector.send(b'{"htype": "dheader-1.0"}')
    detector.send_multipart([b'{"htype": "dimage-1.0"}', b"{}", bytes(6), b"{}"])
    detector.send(message("pause", {}))
    detector.send(image(0)[:-1])
    detector.send(image(0, data={"threshold_1": Tag(40, [[9, 9], Tag(69, bytes(6))])}))
    detector.send(encode(["start"]))
    detector.send(image(0))
    with caplog.at_level(logging.WARNING):
        (frame,) = receive(listener, 1)
    assert frame.shape == (3, 5)
    assert counted(listener) == (1, 6, 0, 1)
    assert len(caplog.records) == 6
    assert 'set to "cbor"' in caplog.text


@pytest.mark.parametrize("address", ["", "dcu:31001", "tcp://dcu", "tcp://dcu:99999"])
def test_malformed_addresses_are_said_in_one_sentence(address: str, context):
    with pytest.raises(UserError):
        DectrisListener(address, context=context)


def test_a_missing_package_is_said_before_an_image_is_lost(context, monkeypatch):
    monkeypatch.setitem(sys.modules, "dectris.compression", None)  # an import of it now fails
    with pytest.raises(UserError, match=r"pip install 'skyrmlive\[dectris\]'"):
        DectrisListener("tcp://127.0.0.1:31001", context=context)


def test_a_control_unit_on_the_network_needs_no_key(context):
    with DectrisListener("tcp://192.0.2.1:31001", context=context) as listener:
        assert not listener.receive(0)
