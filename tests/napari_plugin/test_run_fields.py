"""What the operator says of images, keys and detectors before a run, in real runs."""

from __future__ import annotations

import json
from itertools import islice

import pytest
import zmq

from skyrmlive.napari_plugin.running import choices as remembering
from skyrmlive.napari_plugin.running.choices import KnownImage, RunChoices
from skyrmlive.stream.demo_sweep import camera_frames
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.recording import Recording
from skyrmlive.stream.security import ClientAccess
from skyrmlive.stream.security.authorised import authorise
from skyrmlive.stream.security.key_folder import make_own_key
from skyrmlive.stream.sender import FrameSender

from ..stream.dectris.encoding import end, image, image_array, start
from .run_window import ANY_PORT, PATIENCE_MS, picture

pytestmark = [pytest.mark.usefixtures("screen"), pytest.mark.timeout(400)]


@pytest.fixture
def keys(tmp_path):
    """A folder of keys in which one camera may send; gives the access of that camera as well."""
    server, camera = tmp_path / "keys", tmp_path / "camera keys"
    public = make_own_key(server, "analysis").public_key
    authorise(server, make_own_key(camera, "camera").public_key, "camera", may="send")
    return server, ClientAccess.from_folder(public, camera)


def start_run(qtbot, desk):
    desk.panel.start.click()
    qtbot.waitUntil(
        lambda: desk.run is not None and desk.run.state.phase in ("running", "ended"),
        timeout=PATIENCE_MS,
    )
    assert desk.run.state.phase == "running", desk.run.state.message
    return desk.run


def end_run(qtbot, desk):
    """Stop the run, and return what it has recorded."""
    path = desk.run.state.recording
    desk.panel.stop.click()
    qtbot.waitUntil(lambda: desk.run.over, timeout=PATIENCE_MS)
    assert not desk.run.state.failed, desk.run.state.message
    return Recording(path)


def frames_that_say_nothing(n):
    for number, frame in enumerate(islice(camera_frames(), n)):
        yield Frame(frame.pixels, FrameMetadata(seq=number, timestamp=1.7e9 + number))


def test_what_is_known_of_the_images_and_keys_for_the_network(qtbot, viewer, widget, desk, keys):
    folder, access = keys
    source, known = desk.panel.source, desk.panel.image
    source.listen.setText("tcp://127.0.0.1:5555")
    assert not source.keys.isVisible()
    source.listen.setText("tcp://0.0.0.0:*")
    assert source.keys.isVisible()
    source.keys.set_text(str(folder))
    known.pixel_size_nm.setText("3.5")
    known.defocus_mm.setText("-2")
    known.tilt_deg.setText("20")
    known.tilt_axis_deg.setText("5")
    known.parentWidget().heading.setChecked(True)
    picture(qtbot, viewer, "napari_run_fields")
    run = start_run(qtbot, desk)
    address = run.state.source.replace("0.0.0.0", "127.0.0.1")
    frames = list(frames_that_say_nothing(2))
    with (
        pytest.raises(UserError),
        FrameSender(address, connect_timeout_s=2, linger_s=0) as stranger,
    ):
        stranger.send(frames[0])
    with FrameSender(address, access=access) as sender:
        for frame in frames:
            sender.send(frame)
        # The results come to this window although it was given no key.
        qtbot.waitUntil(lambda: widget.model.newest is not None, timeout=PATIENCE_MS)
    recording = end_run(qtbot, desk)
    assert recording.n_frames == 2
    for number in range(2):
        metadata = recording.metadata(number)
        assert metadata.pixel_size_nm == 3.5
        assert metadata.defocus_nm == -2e6
        assert (metadata.tilt_x_deg, metadata.tilt_y_deg) == (20, 0)
        assert metadata.tilt_axis_deg == 5
        assert recording.summary(number).mean_diameter_nm is not None


def test_frames_of_a_detector(qtbot, viewer, widget, desk):
    pytest.importorskip("dectris.compression", reason="dectris-compression is not installed")
    source = desk.panel.source
    source.set_kind("dectris")
    desk.panel.start.click()
    assert "detector's stream, such as tcp://DCU:31001" in desk.panel.message.text()
    pixels = next(camera_frames()).pixels
    with zmq.Context() as context, context.socket(zmq.PUSH) as detector:
        detector.linger = 0
        detector.bind(ANY_PORT)
        source.detector.setText(detector.getsockopt_string(zmq.LAST_ENDPOINT))
        desk.panel.image.pixel_size_nm.setText("3")
        picture(qtbot, viewer, "napari_run_dectris")
        start_run(qtbot, desk)
        detector.send(start())
        for number in range(2):
            detector.send(image(number, data={"threshold_1": image_array(pixels)}))
        detector.send(end())
        qtbot.waitUntil(lambda: widget.model.newest is not None, timeout=PATIENCE_MS)
        recording = end_run(qtbot, desk)
    assert recording.n_frames == 2
    assert (recording.frame(1).pixels == pixels).all()
    assert recording.metadata(0).pixel_size_nm == 3
    assert recording.metadata(0).source == "Dectris ARINA Si E-05-0100"


def test_fields_take_numbers_only_and_empty_ones_say_nothing(qtbot, desk):
    known = desk.panel.image
    for field in (known.pixel_size_nm, known.defocus_mm, known.tilt_deg, known.tilt_axis_deg):
        field.clear()
    assert known.known == KnownImage()
    assert known.known.words() == []
    qtbot.keyClicks(known.defocus_mm, "-1.5mm")
    assert known.known == KnownImage(defocus_mm=-1.5)
    assert known.known.words() == ["--defocus-nm=-1500000"]
    qtbot.keyClicks(known.pixel_size_nm, "-0")
    assert known.known.pixel_size_nm == 0
    desk.panel.start.click()
    assert "larger than 0 nm" in desk.panel.message.text()
    assert desk.run is None


def test_choices_come_back_the_next_time(tmp_path, monkeypatch):
    monkeypatch.setenv("SKYRMLIVE_RUNS", str(tmp_path))
    chosen = RunChoices(
        source="dectris",
        detector="tcp://10.0.0.2:31001",
        keys="/keys",
        recordings="/r",
        image=KnownImage(pixel_size_nm=3.0, tilt_deg=20.0),
    )
    remembering.remember(chosen)
    assert remembering.remembered() == chosen
    (stored,) = tmp_path.glob("*.json")
    document = json.loads(stored.read_text())
    for spoilt in ({"source": "tape"}, {"image": {"colour": 1}}, {"image": None}, {"keys": 3}):
        stored.write_text(json.dumps(document | spoilt))
        assert remembering.remembered() == RunChoices(recordings=remembering.default_folder())
