"""Analyses and exports that are started in a real napari window."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skyrmlive.stream.recording import Recording

pytestmark = [pytest.mark.usefixtures("screen"), pytest.mark.timeout(600)]
PATIENCE_MS = 200_000


@pytest.fixture
def viewer(screen, make_napari_viewer):
    return make_napari_viewer(show=True)


@pytest.fixture
def copy(made_recording, tmp_path):
    """A recording of its own, beside which something may be written."""
    return Path(shutil.copytree(made_recording, tmp_path / "run.ome.zarr"))


def wait_for_end(qtbot, widget):
    qtbot.waitUntil(lambda: widget.recordings.work.task is None, timeout=PATIENCE_MS)
    return widget.recording_panel.message.text()


def test_analysis_with_another_engine_is_shown_and_the_old_one_stays(qtbot, widget, copy):
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    widget.open_recording(copy)
    panel = widget.recording_panel
    panel.engine.setCurrentIndex(panel.engine.findData("neel-2mm-20deg"))
    panel.analyse.click()
    assert panel.bar.isVisibleTo(panel)
    assert not panel.movie.isEnabled()
    assert wait_for_end(qtbot, widget) == "Analysed: run-neel-2mm-20deg.ome.zarr."
    again = Recording(copy.with_name("run-neel-2mm-20deg.ome.zarr"))
    assert widget.recordings.run.path == again.path
    assert again.settled
    engines = {summary.engine.partition("@")[0] for summary in again.summaries()}
    assert engines == {"neel-2mm-20deg"}
    qtbot.waitUntil(lambda: widget.recordings.history_is_complete, timeout=PATIENCE_MS)
    _, y = widget.curves.plots["number"].curves["n_skyrmions", 0].getData()
    assert y.tolist() == [summary.n_skyrmions for summary in again.summaries()]
    assert {path: path.read_bytes() for path in before} == before


def test_a_cancelled_analysis_leaves_nothing(qtbot, widget, copy):
    widget.open_recording(copy)
    panel = widget.recording_panel
    # on the way, however fast this machine is
    panel.bar.valueChanged.connect(lambda done: done > 0 and panel.cancel.click())
    panel.analyse.click()
    assert "cancelled" in wait_for_end(qtbot, widget)
    assert list(copy.parent.iterdir()) == [copy]
    assert widget.recordings.run.path == copy
    assert panel.analyse.isEnabled()


def test_image_files_become_a_recording(qtbot, viewer, widget, sweep_stack, tmp_path):
    stack = Path(shutil.copy(sweep_stack, tmp_path))
    widget.open_recording(stack)
    assert "not analysed" in widget.recording_panel.info.text()
    assert len(viewer.layers) == 1
    widget.recording_panel.analyse.click()
    assert wait_for_end(qtbot, widget) == "Analysed: frames-analysed.ome.zarr."
    assert widget.recordings.run.path == tmp_path / "frames-analysed.ome.zarr"
    assert {layer.name for layer in viewer.layers} >= {"frame"}


def test_a_movie_and_tables_are_saved(qtbot, widget, copy, tmp_path):
    from imageio_ffmpeg import read_frames

    widget.open_recording(copy)
    widget.recording_panel.movie_asked.emit(tmp_path / "run.mp4")
    assert wait_for_end(qtbot, widget).startswith("Saved ")
    reader = read_frames(str(tmp_path / "run.mp4"))
    about = next(reader)
    assert about["size"] == (512, 512)  # small frames are doubled
    frames = [np.frombuffer(frame, np.uint8).reshape(512, 512, 3) for frame in reader]
    assert len(frames) == Recording(copy).n_frames
    # Turquoise outlines on grey: where green is well above red.
    assert all((frame[..., 1].astype(int) - frame[..., 0] > 60).sum() > 500 for frame in frames)
    widget.recording_panel.tables_asked.emit(tmp_path / "tables")
    assert wait_for_end(qtbot, widget).startswith("Saved ")
    saved = pd.read_parquet(tmp_path / "tables" / "skyrmions.parquet")
    pd.testing.assert_frame_equal(saved, Recording(copy).table())


def test_what_cannot_be_saved_is_said(qtbot, widget, copy, tmp_path):
    widget.open_recording(copy)
    widget.recording_panel.movie_asked.emit(tmp_path / "nowhere" / "run.mp4")
    assert wait_for_end(qtbot, widget).startswith("Cannot write ")
    widget.recording_panel.tables_asked.emit(copy)
    assert "exists already" in wait_for_end(qtbot, widget)
