from __future__ import annotations

import pytest

from skyrmlive.stream.errors import FrameRejected
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.recording import Recording, RunRecorder
from skyrmlive.stream.replay import RecordingSource
from skyrmlive.stream.sender import FrameSender
from skyrmlive.stream.stage import StageLog, StageReading
from skyrmlive.stream.staged import StagedSource


@pytest.mark.parametrize(
    ("time", "temperature"), [(0, 100), (10, 100), (12.5, 125), (20, 200), (30, 200)]
)
def test_readings_are_interpolated_and_held_at_the_ends(
    time: float, temperature: float, make_frame
):
    log = StageLog()
    log.add(StageReading(20, {"temperature_k": 200.0}))
    log.add(StageReading(10, {"temperature_k": 100.0}))  # late
    frame = log.attach(make_frame(timestamp=float(time)), received_at=1e9)
    assert frame.metadata.temperature_k == pytest.approx(temperature)


def test_the_arrival_counts_where_the_camera_gives_no_time(make_frame):
    log = StageLog()
    log.add(StageReading(0, {"field_mt": 0.0}))
    log.add(StageReading(10, {"field_mt": 50.0}))
    assert log.attach(make_frame(), received_at=5).metadata.field_mt == 25


def test_what_the_frame_says_itself_wins_and_unknown_quantities_are_attached(make_frame):
    log = StageLog()
    log.add(StageReading(0, {"temperature_k": 190.0, "heater_ma": 3.0}))
    metadata = log.attach(make_frame(temperature_k=300.0), received_at=0).metadata
    assert metadata.temperature_k == 300
    assert metadata.model_extra == {"heater_ma": 3.0}


def test_the_memory_is_bounded(make_frame):
    log = StageLog(keep=2)
    for time in range(10):
        log.add(StageReading(time, {"temperature_k": float(time)}))
    assert log.attach(make_frame(timestamp=0.0), 0).metadata.temperature_k == 8
    with pytest.raises(FrameRejected):
        log.add(StageReading(0, {f"q{i}": 0.0 for i in range(100)}))


def test_times_at_the_ends_of_the_number_range_do_no_harm(make_frame):
    log = StageLog()
    log.add(StageReading(-1.7e308, {"temperature_k": 1.0}))
    log.add(StageReading(1.7e308, {"temperature_k": 3.0}))
    assert log.attach(make_frame(timestamp=0.0), 0).metadata.temperature_k == pytest.approx(2)


def test_readings_reach_the_frames_of_any_source(context, tmp_path, make_frame):
    recorder = RunRecorder(tmp_path / "run")
    recorder.append([(make_frame(1, timestamp=100.0), 100.0)])
    recorder.close()
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        source = StagedSource(RecordingSource(Recording(tmp_path / "run")), listener)
        with FrameSender(listener.address) as sender:
            sender.send_stage(StageReading(99.0, {"temperature_k": 77.0}))
            sender.send(make_frame(2, seq=5))
            (first,) = listener.receive(10.0, 1)
            (staged,) = source.receive(0.0, 16)
            sender.send(make_frame(3, seq=6))
            while not (late := source.receive(0.1, 16)):
                pass
    assert [arrival.frame.metadata.seq for arrival in (first, *late)] == [5, 6]
    assert staged.frame.metadata.temperature_k == 77.0
    assert staged.frame.metadata.stage_age_s == {"temperature_k": 1.0}
    assert source.exhausted
    assert source.counters["received"] == 3
    assert source.counters["stage_readings"] == 1


def test_a_clock_that_was_set_back_is_followed_at_once(make_frame):
    log = StageLog(keep=10)
    for second in range(10):
        log.add(StageReading(1e6 + second, {"temperature_k": 300.0}))
    for second in range(10):
        log.add(StageReading(second, {"temperature_k": 100.0}))
    assert log.attach(make_frame(timestamp=20.0), 0).metadata.temperature_k == 100


@pytest.mark.parametrize(
    ("times", "value", "time"),
    [
        ((0.0, 5e-324), 1.0, 5e-324),
        ((0.0, 1.0), 5e-324, 0.5),
        ((-1.7e308, -1.6e308), 1.0, 1.7e308),
    ],
)
def test_what_is_attached_stays_valid(times, value, time, make_frame):
    log = StageLog()
    for moment in times:
        log.add(StageReading(moment, {"voltage_kv": value}))
    metadata = log.attach(make_frame(timestamp=time), 0).metadata
    assert FrameMetadata.model_validate(metadata.model_dump()).voltage_kv == value
