"""What a run says about itself while nothing else comes."""

from __future__ import annotations

import json
import threading
import time

import pytest
import zmq

from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.live import LiveRun
from skyrmlive.stream.publisher import STATUS_TOPIC, ResultPublisher
from skyrmlive.stream.recording import Recording, RunRecorder
from skyrmlive.stream.sender import FrameSender
from skyrmlive.stream.stage import StageReading
from skyrmlive.stream.status import RunStatus


@pytest.fixture
def statuses(context):
    """A publisher, and a plain SUB socket that hears its status."""
    with ResultPublisher("tcp://127.0.0.1:*", context=context) as publisher:
        socket = context.socket(zmq.SUB)
        socket.subscribe(STATUS_TOPIC)
        socket.connect(publisher.address)
        yield publisher, socket
        socket.close(linger=0)


def test_a_run_tells_its_state_every_second(tmp_path, context, statuses, analyser, make_frame):
    publisher, socket = statuses
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        recorder = RunRecorder(tmp_path / "run")
        run = LiveRun(listener, analyser, recorder=recorder, publisher=publisher)
        running = threading.Thread(target=run.run)
        running.start()

        def next_status() -> RunStatus:
            assert socket.poll(60_000)
            topic, document = socket.recv_multipart()
            assert topic == STATUS_TOPIC
            assert json.loads(document)["counters"]
            return RunStatus.model_validate_json(document)

        first = next_status()
        assert (first.state, first.newest_frame) == ("waiting", None)
        assert first.disk_free_bytes is not None
        assert first.disk_free_bytes > 0
        with FrameSender(listener.address) as sender:
            for seq in range(3):
                sender.send(make_frame(2, seq=seq))
        while (status := next_status()).counters["waiting"] or status.newest_frame is None:
            pass
        assert status.newest_frame == 2
        counters = status.counters
        assert counters["received"] == counters["recorded"] == 3
        assert counters["analysed_live"] + counters["caught_up"] == 3
        assert status.recordings == [str(tmp_path / "run")]
        assert status.engine == "bright-blobs"
        run.stop()
        running.join(60)
        while next_status().state != "ended":
            pass
        assert not socket.poll(0), "nothing comes after the end"


def test_readings_of_the_stage_are_recorded_and_their_age_is_told(
    tmp_path, context, analyser, make_frame
):
    now = time.time()
    results = []
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        recorder = RunRecorder(tmp_path / "run")
        listener.stage.on_reading = recorder.append_stage
        run = LiveRun(listener, analyser, recorder=recorder, max_frames=2, on_result=results.append)
        running = threading.Thread(target=run.run)
        running.start()
        with FrameSender(listener.address) as sender:
            sender.send_stage(StageReading(now, {"temperature_k": 300.0, "field_mt": 20.0}))
            sender.send_stage(StageReading(now + 2, {"temperature_k": 310.0}))
            sender.send(make_frame(1, timestamp=now + 1.5))
            sender.send(make_frame(2, timestamp=now + 30))
        running.join(60)
    recording = Recording(tmp_path / "run")
    assert recording.stage_readings() == [
        StageReading(now, {"temperature_k": 300.0, "field_mt": 20.0}),
        StageReading(now + 2, {"temperature_k": 310.0}),
    ]
    near, far = recording.summaries()
    assert near.temperature_k == pytest.approx(307.5)
    assert near.stage_age_s == pytest.approx({"temperature_k": 0.5, "field_mt": 1.5}, abs=0.01)
    assert near.warnings == []
    assert far.temperature_k == 310.0
    assert far.stage_age_s == pytest.approx({"temperature_k": 28.0, "field_mt": 30.0}, abs=0.01)
    assert len(far.warnings) == 2
    assert "temperature_k is more than 10 s away" in far.warnings[0]
