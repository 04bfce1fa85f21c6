"""A run that is started, steered and stopped from a real napari window."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from skyrmlive.stream.demo_sweep import camera_frames
from skyrmlive.stream.recording import Recording, check
from skyrmlive.stream.sender import FrameSender

from .run_window import PATIENCE_MS, picture

pytestmark = [pytest.mark.usefixtures("screen"), pytest.mark.timeout(400)]


@contextmanager
def camera(address):
    """Send the simulated sweep, over and over, from a thread; gives the number of frames sent."""
    leaving, sent = Event(), [0]

    def send():
        frames = [frame for frame, _ in zip(camera_frames(), range(12), strict=False)]
        with FrameSender(address) as sender:
            while not leaving.is_set():
                frame = frames[sent[0] % len(frames)]
                metadata = frame.metadata.model_copy(
                    update={"seq": sent[0], "timestamp": time.time()}
                )
                sender.send(type(frame)(frame.pixels, metadata))
                sent[0] += 1
                leaving.wait(0.4)

    thread = Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        leaving.set()
        thread.join()


def test_a_run_from_start_to_stop(qtbot, viewer, widget, desk, tmp_path):
    panel, engines = desk.panel, desk.engines
    qtbot.waitUntil(lambda: engines.box.count() >= 3, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "of disk left" in panel.disk.text(), timeout=PATIENCE_MS)
    picture(qtbot, viewer, "napari_run_before")
    assert panel.record.isChecked()
    panel.start.click()
    qtbot.waitUntil(lambda: desk.run.state.phase == "running", timeout=PATIENCE_MS)
    assert widget.connection.address == desk.run.state.results
    assert not panel.choices.isVisible()
    first = Path(desk.run.state.recording)
    assert first.parent == tmp_path / "recordings"
    assert first.name in panel.message.text()

    def engine_on_screen():
        newest = widget.model.newest
        return "" if newest is None else newest.result.summary.engine.partition("@")[0]

    with camera(desk.run.state.source) as sent:
        qtbot.waitUntil(lambda: engine_on_screen() == "neel-1to3mm", timeout=PATIENCE_MS)
        assert engines.warning.text() == ""
        engines.box.setCurrentIndex(engines.box.findData("neel-2mm-20deg"))
        qtbot.waitUntil(lambda: engine_on_screen() == "neel-2mm-20deg", timeout=PATIENCE_MS)
        assert "Jaccard" in engines.line.text()
        qtbot.waitUntil(lambda: "Recording in" in panel.message.text(), timeout=PATIENCE_MS)
        picture(qtbot, viewer, "napari_run")
        viewer.theme = "light"
        picture(qtbot, viewer, "napari_run_light")
        viewer.theme = "dark"
        panel.record_button.click()
        qtbot.waitUntil(lambda: desk.run.state.recording is None, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: "not recording" in plain(widget), timeout=PATIENCE_MS)
        panel.record_button.click()
        qtbot.waitUntil(lambda: desk.run.state.recording is not None, timeout=PATIENCE_MS)
        second = Path(desk.run.state.recording)
        qtbot.waitUntil(lambda: second.joinpath("run.json").exists(), timeout=PATIENCE_MS)
    panel.stop.click()
    qtbot.waitUntil(lambda: desk.run.over, timeout=PATIENCE_MS)
    assert not desk.run.state.failed
    assert f"{sent[0]} frames, {sent[0]} analysed, 0 failed" in panel.message.text()
    assert panel.choices.isVisible()
    assert desk.guard is None
    picture(qtbot, viewer, "napari_run_after")
    seen = set()
    for path in (first, second):
        assert check(path) == []
        recording = Recording(path)
        assert recording.n_frames > 0
        assert len(recording.summaries()) == recording.n_frames
        seen |= {summary.engine.partition("@")[0] for summary in recording.summaries()}
        numbers = [frame.metadata.seq for frame in recording.frames()]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # without a gap
    assert seen == {"neel-1to3mm", "neel-2mm-20deg"}


def plain(widget):
    return widget.details.text().replace("\N{NO-BREAK SPACE}", " ")


def test_bad_choices_are_said_in_plain_words(qtbot, viewer, widget, desk):
    panel = desk.panel
    panel.source.set_kind("files")
    panel.start.click()
    assert "Name the folder" in panel.message.text()
    assert desk.run is None
    panel.source.folder.set_text("/no/such/folder")
    panel.start.click()
    qtbot.waitUntil(lambda: desk.run.over, timeout=PATIENCE_MS)
    assert "/no/such/folder" in panel.message.text()
    assert panel.choices.isVisible()  # to be mended
    picture(qtbot, viewer, "napari_run_refused")
    panel.source.set_kind("camera")
    panel.source.listen.setText("tcp:/here")
    panel.start.click()
    qtbot.waitUntil(lambda: "is not an address" in panel.message.text(), timeout=PATIENCE_MS)


def test_the_run_outlives_its_dock_and_the_window_asks_before_it_goes(
    qtbot, viewer, open_widget, widget, desk
):
    desk.panel.start.click()
    qtbot.waitUntil(lambda: desk.run.state.phase == "running", timeout=PATIENCE_MS)
    run = desk.run
    viewer.window.remove_dock_widget(widget)
    widget.deleteLater()
    again = open_widget()
    qtbot.waitUntil(lambda: again.desk.run is not None, timeout=PATIENCE_MS)
    assert again.desk.run.folder == run.folder
    qtbot.waitUntil(lambda: again.desk.run.state.phase == "running", timeout=PATIENCE_MS)
    assert again.connection.address == run.state.results

    answers = ["stay", "stop"]
    again.desk.guard.ask = lambda window, of: answers.pop(0)
    window = again.window()
    while window.parentWidget() is not None:
        window = window.parentWidget()
    assert not window.close()
    assert window.isVisible()
    run.poll()
    assert run.state.phase == "running"
    viewer.close()
    assert answers == []
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not run.over and time.monotonic() < deadline:
        run.poll()
        time.sleep(0.02)
    assert run.over
    assert not run.state.failed


def test_every_control_says_what_it_does(viewer, widget):
    from qtpy.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider

    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider)
    silent = [
        control
        for kind in kinds
        for control in widget.findChildren(kind)
        if not control.toolTip()
        and not control.objectName().startswith(("qt_", "ScrollLeft", "ScrollRight"))
        and not isinstance(control.parent(), QAbstractSpinBox)
    ]
    assert [
        (type(each).__name__, each.objectName(), getattr(each, "text", str)()) for each in silent
    ] == []
