"""Commands, sample data and menus, called as napari's palette calls them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.usefixtures("screen"), pytest.mark.timeout(400)]
OUTPUT = Path(__file__).parents[2] / "test-output"
PATIENCE_MS = 150_000


def execute(command):
    from napari._app_model import get_app_model

    return get_app_model().commands.execute_command(command).result()


def test_the_palette_and_the_menus_offer_every_command(viewer):
    from app_model.types import MenuItem
    from napari._app_model import get_app_model

    app = get_app_model()
    known = {command for command, _ in app.commands}
    offered = {
        "connect",
        "start_run",
        "stop_run",
        "hold_or_live",
        "open_sample",
        "segment_layer",
        "track_layer",
    }
    assert {f"skyrmlive.{name}" for name in offered} <= known

    def commands(menu):
        items = app.menus.get_menu(menu)
        return {item.command.id for item in items if isinstance(item, MenuItem)}

    assert "skyrmlive.segment_layer" in commands("napari/layers/segment")
    assert "skyrmlive.track_layer" in commands("napari/layers/track")


def test_the_sample_opens_and_its_skyrmions_are_found_and_followed(qtbot, viewer):
    execute("skyrmlive.open_sample")
    (sweep,) = viewer.layers
    assert sweep.data.shape == (64, 512, 512)
    assert tuple(sweep.scale) == (1, 3, 3)
    # Frames are read when they are looked at, and are the same at every look.
    assert sweep.data.n_read < 10
    from skyrmlive.napari_plugin.sample_data import field_sweep

    ((again, _, _),) = field_sweep()
    np.testing.assert_array_equal(sweep.data[20], again[20])

    viewer.dims.set_current_step(0, 20)
    execute("skyrmlive.segment_layer")
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=PATIENCE_MS)
    _, labels, centres = viewer.layers
    assert labels.data.shape == (512, 512)
    n = len(centres.data)
    assert n > 100
    assert len(np.unique(labels.data)) == n + 1
    assert centres.metadata["engine"].startswith("neel-1to3mm@")
    assert list(centres.features["label"]) == list(range(1, n + 1))
    assert 15 < centres.features["diameter_nm"].mean() < 45
    OUTPUT.mkdir(exist_ok=True)
    viewer.screenshot(OUTPUT / "napari_segmented.png", canvas_only=False, flash=False)

    for layer in (labels, centres):
        viewer.layers.remove(layer)
    from skyrmlive.napari_plugin.layer_frames import LayerFrames

    sweep.data = np.stack([sweep.data[index] for index in range(5)])
    assert LayerFrames.of(sweep).metadata.pixel_size_nm == 3.0
    viewer.layers.selection.active = sweep
    execute("skyrmlive.track_layer")
    qtbot.waitUntil(lambda: len(viewer.layers) == 4, timeout=PATIENCE_MS)
    _, labels, centres, tracks = viewer.layers
    assert labels.data.shape == (5, 512, 512)
    assert set(centres.data[:, 0]) == set(range(5))
    lengths = np.unique(tracks.data[:, 0], return_counts=True)[1]
    assert np.median(lengths) == 5
    viewer.screenshot(OUTPUT / "napari_tracked.png", canvas_only=False, flash=False)


def test_what_is_no_grey_image_is_refused_in_words(viewer, monkeypatch):
    from skyrmlive.napari_plugin import commands

    said = []
    monkeypatch.setattr(commands, "show_warning", said.append)
    assert execute("skyrmlive.segment_layer") is None
    assert "Select one image layer" in said.pop()
    viewer.add_image(np.zeros((8, 8, 3), np.uint8), rgb=True, name="photo")
    assert execute("skyrmlive.segment_layer") is None
    assert "photo is no grey image" in said.pop()


def test_widget_commands_act_on_the_one_widget(viewer):
    execute("skyrmlive.connect")
    from skyrmlive.napari_plugin.commands import open_widget

    widget = open_widget(viewer)
    assert widget.connection.address == "tcp://127.0.0.1:5556"
    execute("skyrmlive.hold_or_live")
    assert open_widget(viewer) is widget
    execute("skyrmlive.stop_run")  # none goes on, which is said
    assert widget.desk.run is None
