"""A recording in a real napari window on a virtual screen, against what is recorded."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from skyrmlive.stream.recording import Recording

pytestmark = [pytest.mark.usefixtures("screen"), pytest.mark.timeout(300)]
PATIENCE_MS = 60_000
N_FRAMES = 12
OUTPUT = Path(__file__).parents[3] / "test-output"


@pytest.fixture
def viewer(screen, make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1366, 900)
    return viewer


@pytest.fixture
def opened(qtbot, widget, made_recording):
    """The widget with the recording open and everything read."""
    widget.open_recording(made_recording)
    settle(qtbot, widget)
    return widget


def settle(qtbot, widget):
    mode = widget.recordings

    def ready():
        shown = mode.shown
        assert mode.history_is_complete
        assert mode.survey_is_complete
        assert shown is not None
        assert shown.snapshot.result.summary.frame == mode.frame

    qtbot.waitUntil(ready, timeout=PATIENCE_MS)


def go_to(qtbot, viewer, widget, frame):
    viewer.dims.set_current_step(0, frame)
    settle(qtbot, widget)


def text_of(label):
    return label.text().replace("\N{NO-BREAK SPACE}", " ")


def test_every_frame_shows_what_was_recorded(qtbot, viewer, opened, recorded):
    assert viewer.dims.nsteps[0] == N_FRAMES
    for frame in (0, 7, 3, N_FRAMES - 1):
        go_to(qtbot, viewer, opened, frame)
        image, marks = viewer.layers["frame"], viewer.layers["skyrmions"].data
        expected = recorded.frame(frame).pixels
        np.testing.assert_array_equal(image._slice.image.raw, expected)
        np.testing.assert_array_equal(image.data[frame], expected)
        labels = recorded.labels(frame)
        zoom = len(marks) // len(labels)
        touched = np.unique(np.kron(labels, np.ones((zoom, zoom), np.uint16))[marks > 0])
        assert set(recorded.result_table(frame)["label"]) <= set(touched)
        summary = recorded.summary(frame)
        assert text_of(opened.headline).startswith(f"{summary.n_skyrmions} skyrmions")
        assert f"frame {frame} of {N_FRAMES}" in text_of(opened.details)


def test_marks_and_tails_are_those_of_the_frame(qtbot, viewer, opened, recorded):
    opened.display.switches["Centres"].setChecked(True)
    opened.display.switches["Defects"].setChecked(True)
    go_to(qtbot, viewer, opened, 5)
    table = recorded.result_table(5)
    picture = opened.model.picture()
    np.testing.assert_allclose(picture.centres(), table[["y", "x"]])
    inside = np.isfinite(table.psi6_abs) & ~table.touches_border & ~table.is_stripe
    fewer = table[inside & (table.n_neighbours < 6)]
    np.testing.assert_allclose(picture.five_fold(), fewer[["y", "x"]])
    with_marks = viewer.layers["skyrmions"].data.copy()
    opened.display.switches["Defects"].setChecked(False)
    assert (viewer.layers["skyrmions"].data != with_marks).any()
    seen = recorded.table().query("frame <= 5 and particle >= 0")
    tails = opened.model.tails.vertices()
    assert sorted(map(tuple, tails[:, -2:])) == sorted(map(tuple, seen[["y", "x"]].to_numpy()))
    assert viewer.dims.nsteps[0] == N_FRAMES


def test_curves_are_those_of_the_whole_run_with_a_line_at_the_frame(
    qtbot, viewer, opened, recorded
):
    summaries = recorded.summaries()
    plot = opened.curves.plots["number"]
    _, y = plot.curves["n_skyrmions", 0].getData()
    assert y.tolist() == [summary.n_skyrmions for summary in summaries]
    go_to(qtbot, viewer, opened, 4)
    line, dot = opened.recordings.slider.marker._marks[plot]
    assert line.value() == 4
    assert dot.getData()[1].tolist() == [summaries[4].n_skyrmions]
    opened.curves.axis.setCurrentIndex(opened.curves.axis.findData("field_mt"))
    assert line.value() == pytest.approx(summaries[4].field_mt)
    marker = opened.recordings.slider.marker
    chosen = marker.frame_at(plot, summaries[9].field_mt, summaries[9].n_skyrmions)
    assert chosen == 9
    opened.recordings.go_to(chosen)
    settle(qtbot, opened)
    assert viewer.dims.current_step[0] == 9
    births = opened.model.history.column("births")
    assert np.isnan(births[0])
    assert np.isfinite(births[1:]).all()


def test_selection_follows_a_track_through_the_whole_run(qtbot, viewer, opened, recorded):
    go_to(qtbot, viewer, opened, 6)
    whole = recorded.table()
    lengths = whole[whole.frame <= 6].groupby("particle").size()
    here = recorded.result_table(6).set_index("particle")
    particle = lengths[here.index[~here.touches_border]].idxmax()
    row = here.loc[particle]
    opened.model.view.click(opened.model.displayed, row.y + 1, row.x - 1)
    opened.steering.redraw()
    assert opened.selected.title.text() == f"Track {particle}"
    expected = whole[whole.particle == particle]

    def drawn():
        frames, sizes = opened.selected.curve.getData()
        assert frames is not None
        assert frames.tolist() == expected.frame.tolist()
        np.testing.assert_allclose(sizes, expected.diameter_nm)

    qtbot.waitUntil(drawn, timeout=PATIENCE_MS)


def test_filters_act_on_a_recording(qtbot, viewer, opened, recorded):
    go_to(qtbot, viewer, opened, 2)
    table = recorded.result_table(2)
    opened.display.largest.setValue(float(table.diameter_nm.median()))
    limit = opened.display.largest.value()
    kept = int((~(table.diameter_nm > limit) & ~table.is_stripe).sum())
    assert text_of(opened.headline).startswith(f"{kept} of ")
    opened.display.largest.setValue(0)


def test_how_it_looks(qtbot, viewer, opened):
    opened.display.switches["Defects"].setChecked(True)
    opened.display.parent().heading.click()
    opened.curves.shown["sizes"].setChecked(True)
    opened.curves.fit()
    go_to(qtbot, viewer, opened, 8)
    OUTPUT.mkdir(exist_ok=True)
    for theme in ("dark", "light"):
        viewer.theme = theme
        qtbot.wait(200)
        viewer.screenshot(OUTPUT / f"recording_{theme}.png", canvas_only=False, flash=False)


def test_every_control_has_a_tooltip(widget):
    from qtpy.QtWidgets import QAbstractButton, QComboBox, QLineEdit

    for kind in (QAbstractButton, QComboBox, QLineEdit):
        for control in widget.recording_panel.findChildren(kind):
            assert control.toolTip(), control


def test_frames_without_a_result_say_so(qtbot, viewer, widget, half_analysed):
    widget.open_recording(half_analysed)
    settle(qtbot, widget)
    go_to(qtbot, viewer, widget, 1)
    assert widget.headline.text() == "No result"
    assert "It was not analysed." in widget.warnings.text()
    assert not viewer.layers["skyrmions"].data.any()
    go_to(qtbot, viewer, widget, 2)
    assert "could not be analysed: The image has no contrast." in widget.warnings.text()
    go_to(qtbot, viewer, widget, 3)
    assert viewer.layers["skyrmions"].data.any()


def test_a_damaged_frame_is_black_and_the_rest_goes_on(
    qtbot, viewer, widget, made_recording, tmp_path, recorded
):
    path = tmp_path / "torn.ome.zarr"
    shutil.copytree(made_recording, path)
    (path / "0" / "c.3.0.0").write_bytes(b"torn")
    widget.open_recording(path)
    settle(qtbot, widget)
    go_to(qtbot, viewer, widget, 3)
    assert not viewer.layers["frame"]._slice.image.raw.any()
    go_to(qtbot, viewer, widget, 4)
    np.testing.assert_array_equal(viewer.layers["frame"]._slice.image.raw, recorded.frame(4).pixels)


def test_what_cannot_be_opened_is_said_and_leaves_the_rest(qtbot, viewer, opened, tmp_path):
    opened.open_recording(tmp_path / "nothing")
    assert "does not exist" in opened.recording_panel.message.text()
    (tmp_path / "foreign.ome.zarr").mkdir()
    opened.open_recording(tmp_path / "foreign.ome.zarr")
    assert "holds no image" in opened.recording_panel.message.text()
    assert opened.recordings.run is not None
    assert "frame" in viewer.layers


def test_closing_ends_all_threads_and_leaves_an_empty_window(qtbot, viewer, opened):
    opened.recordings.close()
    assert not len(viewer.layers)
    assert opened.headline.text() == ""
    ours = {"skyrmlive frames", "skyrmlive births", "skyrmlive track"}
    assert not ours & {thread.name for thread in threading.enumerate()}
    opened.open_recording(opened.recording_panel.path.text())
    settle(qtbot, opened)
    viewer.window.remove_dock_widget(opened)
    assert not ours & {thread.name for thread in threading.enumerate()}


def test_a_live_run_takes_the_place_of_a_recording(qtbot, viewer, opened, publisher, sweep_frame):
    opened.connect_to_run(publisher.address)
    assert not len(viewer.layers)
    assert len(opened.model.history) == 0
    qtbot.waitUntil(publisher.has_subscribers, timeout=PATIENCE_MS)
    frame, result = sweep_frame(0)
    publisher.publish(result, frame)
    qtbot.waitUntil(lambda: "frame" in viewer.layers, timeout=PATIENCE_MS)
    assert viewer.layers["frame"].data.ndim == 2
    np.testing.assert_array_equal(viewer.layers["frame"].data, frame.pixels)
    opened.disconnect_from_run()


def test_the_widget_takes_over_what_the_reader_has_opened(qtbot, viewer, widget, made_recording):
    layers = viewer.open(made_recording, plugin="skyrmlive")
    assert len(layers) == 2
    settle(qtbot, widget)
    assert widget.recordings.run.path == made_recording
    assert not set(layers) & set(viewer.layers)
    assert Recording(made_recording).n_frames == viewer.dims.nsteps[0]
