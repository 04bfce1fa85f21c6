"""The widget in a real napari window on a virtual screen, fed through real sockets."""

import subprocess
import sys
from pathlib import Path
from threading import enumerate as running_threads

import numpy as np
import pytest

from skyrmlive.napari_plugin.colouring import TAILS_BY_AGE
from skyrmlive.stream.frame import Frame
from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.status import RunStatus

pytestmark = pytest.mark.usefixtures("screen")
OUTPUT = Path(__file__).parents[2] / "test-output"
PATIENCE_MS = 20_000


@pytest.fixture
def viewer(screen, make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1500, 900)
    return viewer


def play(qtbot, publisher, widget, pairs):
    """Publish (frame, result) pairs, each as often as it takes to be on the screen."""
    for frame, result in pairs:

        def shown(number=result.summary.frame):
            newest = widget.model.newest
            return newest is not None and newest.result.summary.frame == number

        publisher.publish(result, frame)
        # Only while the subscription is still on its way is the first message lost.
        attempts = PATIENCE_MS // 250
        while not shown() and attempts:
            try:
                qtbot.waitUntil(shown, timeout=250)
            except qtbot.TimeoutError:
                attempts -= 1
                publisher.publish(result, frame)
        assert shown()
        widget._layers.finish()


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def receivers():
    return [thread for thread in running_threads() if thread.name == "skyrmlive results"]


def test_shows_layers_curves_and_the_truth(qtbot, viewer, widget, publisher, sweep_frame):
    from skyrmlive.napari_plugin.layers import scale_bar

    assert widget.details.text() == "Not connected"
    widget.address.setText(publisher.address)
    widget.button.click()
    assert widget.details.text() == f"Waiting for results from {publisher.address}"

    pairs = [sweep_frame(3 * index) for index in range(14)]
    pairs[-1][1].summary.warnings.append(
        "The defocus is -8.0 mm; the engine was trained for -2.2 to -1.8 mm."
    )
    play(qtbot, publisher, widget, pairs)

    assert [layer.name for layer in viewer.layers] == ["frame", "skyrmions"]
    image, marks = viewer.layers
    frame, result = pairs[-1]
    np.testing.assert_array_equal(image.data, frame.pixels)
    assert marks.data.dtype == np.uint8
    for row in result.table.itertuples():
        drawn = marks.data[np.kron(result.labels == row.label, np.ones((4, 4), bool))]
        assert row.particle + 2 in drawn
        assert np.mean(drawn == 0) > 0.3  # its inside is free
    assert set(TAILS_BY_AGE) <= set(np.unique(marks.data))
    # Four pixels of the drawing lie on each of the frame, with the same middle.
    assert tuple(marks.scale) == (0.75, 0.75)
    np.testing.assert_allclose(marks.translate, -3 * 0.375)
    assert tuple(image.scale) == (3.0, 3.0)
    for layer in viewer.layers:
        assert [str(unit) for unit in layer.units[-2:]] == ["nanometer", "nanometer"]
    assert scale_bar(viewer).visible
    assert viewer.dims.ndim == 2  # no slider without a use

    x, y = widget.curves.plots["number"].curves["n_skyrmions", 0].getData()
    np.testing.assert_array_equal(x, [result.summary.frame for _, result in pairs])
    np.testing.assert_array_equal(y, [result.summary.n_skyrmions for _, result in pairs])
    assert y[0] > y[-1]
    widget.curves.axis.setCurrentIndex(widget.curves.axis.findData("field_mt"))
    x, y = widget.curves.plots["diameter"].curves["mean_diameter_nm", 1].getData()
    np.testing.assert_allclose(x, [result.summary.field_mt for _, result in pairs])
    np.testing.assert_allclose(y, [result.summary.mean_diameter_nm for _, result in pairs])

    summary = result.summary
    ends = f"{0.9 * summary.mean_diameter_nm:.1f} to {1.1 * summary.mean_diameter_nm:.1f}"
    size = f"{summary.mean_diameter_nm:.1f} nm ({ends})"
    assert widget.headline.text() == f"{summary.n_skyrmions} skyrmions   {size}"
    details = widget.details.text().replace("\N{NO-BREAK SPACE}", " ")
    assert details.startswith("frame 39  ·  ")
    assert details.endswith("latency 84 ms  ·  290.0 K  ·  378 mT")
    assert widget.warnings.text().startswith("The defocus is -8.0 mm")

    OUTPUT.mkdir(exist_ok=True)
    picture = viewer.screenshot(OUTPUT / "napari_live.png", canvas_only=False, flash=False)
    # Pixels far from grey within the image: the outlines are really on the screen.
    canvas = viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    assert 0.002 < (np.ptp(canvas, axis=2) > 60).mean() < 0.2
    viewer.layers["skyrmions"].visible = False
    bare = viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    assert (np.ptp(bare, axis=2) > 60).mean() == 0
    assert picture.shape[0] > 800


def test_layers_are_made_once_and_follow_the_frames(qtbot, viewer, widget, publisher, sweep_frame):
    widget.connect_to_run(publisher.address)
    play(qtbot, publisher, widget, [sweep_frame(0), sweep_frame(1)])
    first = list(viewer.layers)
    first[0].colormap = "viridis"
    play(qtbot, publisher, widget, [sweep_frame(2)])
    assert list(viewer.layers) == first
    assert first[0].colormap.name == "viridis"

    viewer.layers.remove("skyrmions")
    play(qtbot, publisher, widget, [sweep_frame(3)])
    assert [layer.name for layer in viewer.layers] == ["frame", "skyrmions"]

    # Another camera setting in the middle of a run: smaller, of another type, of unknown size.
    frame, result = sweep_frame(4)
    height, width = frame.shape[0] // 2, frame.shape[1] // 2
    result.labels = result.labels[:height, :width]
    summary = result.summary
    summary.height, summary.width, summary.pixel_size_nm = height, width, None
    summary.mean_diameter_nm = None
    pixels = np.ascontiguousarray(frame.pixels[:height, :width] / 4000, np.float32)
    play(qtbot, publisher, widget, [(Frame(pixels, frame.metadata), result)])
    image, marks = viewer.layers
    assert image.data.shape == (height, width)
    assert marks.data.shape == (4 * height, 4 * width)
    assert image.contrast_limits[1] < 2
    assert tuple(image.scale) == (1, 1)
    assert tuple(marks.scale) == (0.25, 0.25)
    assert str(image.units[0]) == str(marks.units[-1]) == "pixel"
    assert "size unknown" in widget.headline.text()

    # A frame without any skyrmion has no tails and no outlines.
    frame, result = sweep_frame(5)
    widget.model.tails.clear()
    result.labels = np.zeros_like(result.labels)
    result.table = result.table.iloc[:0]
    result.summary.n_skyrmions = 0
    play(qtbot, publisher, widget, [(frame, result)])
    assert not viewer.layers["skyrmions"].data.any()
    play(qtbot, publisher, widget, [sweep_frame(6)])
    assert [layer.name for layer in viewer.layers] == ["frame", "skyrmions"]

    assert corner_lightness(widget.curves.plots["number"]) < 80
    viewer.theme = "light"
    assert corner_lightness(widget.curves.plots["number"]) > 180


def corner_lightness(widget):
    return widget.grab().toImage().pixelColor(2, 2).lightness()


def test_disconnect_reconnect_and_another_address(qtbot, viewer, widget, publisher, sweep_frame):
    widget.connect_to_run(publisher.address)
    play(qtbot, publisher, widget, [sweep_frame(0), sweep_frame(1)])
    widget.button.click()
    assert not receivers()
    assert widget.button.text() == "Connect"
    assert widget.details.text().startswith("Not connected")
    assert len(viewer.layers) == 2  # what was seen last stays on the screen

    widget.button.click()
    assert len(widget.model.history) == 0
    play(qtbot, publisher, widget, [sweep_frame(2)])
    with ResultPublisher("tcp://127.0.0.1:*") as other:
        widget.connect_to_run(other.address)
        assert len(receivers()) == 1
        play(qtbot, other, widget, [sweep_frame(7)])
    assert widget.model.history.column("frame").tolist() == [7]
    assert len(viewer.layers) == 2

    widget.disconnect_from_run()
    widget.address.setText("127.0.0.1")
    widget.button.click()
    assert "is not an address" in widget.warnings.text()
    assert widget.button.text() == "Connect"
    assert not receivers()


def test_closing_the_dock_ends_everything_and_it_opens_again(
    qtbot, viewer, open_widget, publisher, sweep_frame
):
    widget = open_widget()
    widget.connect_to_run(publisher.address)
    play(qtbot, publisher, widget, [sweep_frame(0)])
    viewer.window.remove_dock_widget(widget)
    assert not receivers()
    widget.deleteLater()

    again = open_widget()
    assert again is not widget
    again.connect_to_run(publisher.address)
    play(qtbot, publisher, again, [sweep_frame(1)])
    assert again.model.history.column("frame").tolist() == [1]


def test_closing_the_window_ends_everything(qtbot, viewer, widget, publisher, sweep_frame):
    widget.connect_to_run(publisher.address)
    play(qtbot, publisher, widget, [sweep_frame(0)])
    viewer.close()
    qtbot.waitUntil(lambda: not receivers(), timeout=PATIENCE_MS)


def test_opens_from_the_menu_of_napari(viewer):
    from app_model.types import MenuItem
    from napari._app_model import get_app_model
    from npe2 import PluginManager

    manifest = PluginManager.instance().get_manifest("skyrmlive")
    assert manifest.display_name == "SkyrmNet Live"
    items = get_app_model().menus.get_menu("napari/layers/segment")
    commands = [item.command.id for item in items if isinstance(item, MenuItem)]
    assert any(command.startswith("skyrmlive") for command in commands)


PROGRAM = """
import sys
from qtpy.QtCore import QTimer
from skyrmlive.napari_plugin import launch

def look(timer, viewer, widget):
    if widget.model.newest is not None:
        timer.stop()
        print("saw frame", widget.model.newest.result.summary.frame, flush=True)
        viewer.close()

original = launch.open_viewer

def open_and_look(*where, **options):
    viewer, widget = original(*where, **options)
    timer = QTimer(widget)
    timer.timeout.connect(lambda: look(timer, viewer, widget))
    timer.start(50)
    return viewer, widget

launch.open_viewer = open_and_look
launch.watch(sys.argv[1])
"""


def test_a_program_that_watches_ends_with_its_window(publisher, sweep_frame):
    frame, result = sweep_frame(5)
    command = [sys.executable, "-c", PROGRAM, publisher.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        for _ in range(600):  # half a minute at most
            publisher.publish(result, frame)
            try:
                output, _ = program.communicate(timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            program.kill()
            pytest.fail("the program did not end")
    assert output.strip() == "saw frame 5"
    assert program.returncode == 0


def test_the_state_of_the_run_and_the_disk_are_told(qtbot, viewer, widget, publisher, sweep_frame):
    widget.connect_to_run(publisher.address)
    play(qtbot, publisher, widget, [sweep_frame(0), sweep_frame(1)])
    counters = {"recorded": 1234, "waiting": 12, "caught_up": 7, "rejected": 1}
    status = RunStatus(time=0.0, state="behind", counters=counters, disk_free_bytes=3_400_000_000)

    def told():
        publisher.publish_status(status)
        return "1234 frames recorded" in plain(widget.details.text())

    qtbot.waitUntil(told, timeout=PATIENCE_MS)
    assert "12 to catch up" in plain(widget.details.text())
    assert "Only 3 GB of disk are left." in widget.warnings.text()
    OUTPUT.mkdir(exist_ok=True)
    viewer.screenshot(OUTPUT / "napari_behind.png", canvas_only=False, flash=False)


def test_a_run_that_falls_silent_does_not_look_alive(qtbot, viewer, widget, publisher, sweep_frame):
    widget.connect_to_run(publisher.address)
    play(qtbot, publisher, widget, [sweep_frame(0)])
    status = RunStatus(
        time=0.0, state="live", counters={"recorded": 120}, disk_free_bytes=3_400_000_000
    )

    def told():
        publisher.publish_status(status)
        return "120 frames recorded" in plain(widget.details.text())

    qtbot.waitUntil(told, timeout=PATIENCE_MS)
    publisher.close()
    qtbot.waitUntil(lambda: "is it still running?" in widget.warnings.text(), timeout=PATIENCE_MS)
    assert "The run has said nothing for 5 s" in widget.warnings.text()
    assert "Only 3 GB" not in widget.warnings.text()
    details = plain(widget.details.text())
    assert details.startswith("frame 0")
    assert "live" not in details
    assert "recorded" not in details


def test_a_run_that_has_ended_may_be_silent(qtbot, viewer, widget, publisher):
    widget.connect_to_run(publisher.address)

    def told():
        publisher.publish_status(RunStatus(time=0.0, state="ended", counters={"recorded": 120}))
        return "the run has ended" in plain(widget.details.text())

    qtbot.waitUntil(told, timeout=PATIENCE_MS)
    publisher.close()
    qtbot.wait(6000)
    assert "120 frames recorded" in plain(widget.details.text())
    assert widget.warnings.text() == ""


def test_what_is_insecure_is_watched_only_where_that_was_said(widget, network_address):
    with ResultPublisher(f"tcp://{network_address}:*", insecure=True) as publisher:
        widget.address.setText(publisher.address)
        widget.button.click()
        assert "without encryption" in widget.warnings.text()
        widget.connect_to_run(publisher.address, insecure=True)
        assert widget.connection.address == publisher.address
        for _ in range(2):  # disconnects, and connects again
            widget.button.click()
        assert widget.connection.address == publisher.address


def test_a_key_that_is_none_is_said_at_once(widget, publisher):
    widget.server_key.setText("not a key")
    widget.address.setText(publisher.address)
    widget.button.click()
    assert "neither a key" in widget.warnings.text()
    assert widget.connection.address is None
    assert widget.server_key.isEnabled()
