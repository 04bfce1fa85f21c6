"""The controls of the picture in a real napari window on a virtual screen."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from skyrmlive.napari_plugin.colouring import BOND, CENTRE, FIVE, SEVEN, TAILS_BY_AGE
from skyrmlive.stream.frame import Frame

pytestmark = pytest.mark.usefixtures("screen")
OUTPUT = Path(__file__).parents[2] / "test-output"


def give(widget, pairs):
    from skyrmlive.napari_plugin.snapshot import Snapshot

    for frame, result in pairs:
        widget.connection.mailbox.put(Snapshot.of(result, frame.pixels))
        widget.refresh()
        widget._layers.finish()


@pytest.fixture
def sweep(sweep_frame):
    def frame(index):
        frame, result = sweep_frame(index)
        table = result.table
        table["confidence"] = np.linspace(0.5, 1, len(table))
        table["psi6_abs"] = np.linspace(0.2, 1, len(table))
        table["equivalent_diameter_area"] = table["diameter_nm"] / 3.0
        table["n_neighbours"] = 6
        table.loc[[10, 20], "n_neighbours"] = 5
        table.loc[[11, 21, 31], "n_neighbours"] = 7
        return Frame(frame.pixels, frame.metadata), result

    return frame


def details(widget):
    return widget.details.text().replace("\N{NO-BREAK SPACE}", " ")


def press(viewer, key):
    from napari.utils.key_bindings import KeymapHandler

    handler = KeymapHandler()
    active = viewer.layers.selection.active
    handler.keymap_providers = [viewer] if active is None else [active, viewer]
    handler.press_key(key)


def test_filters_and_colours_act_at_once(viewer, widget, sweep):
    _, result = sweep(0)
    give(widget, [sweep(0)])
    widget.display.switches["Tails"].setChecked(False)
    outlines = viewer.layers["skyrmions"]
    before = set(np.unique(outlines.data))
    widget.display.confidence.setValue(0.75)
    kept = result.table[result.table.confidence >= 0.75]
    assert widget.headline.text().startswith(f"{len(kept)} of {len(result.table)} shown")
    assert set(np.unique(outlines.data)) == {0, *(kept.particle + 2)} < before
    hidden = result.table[result.table.confidence < 0.75].label
    inside = np.kron(np.isin(result.labels, hidden), np.ones((4, 4), bool))
    assert not outlines.data[inside].any()
    widget.display.confidence.setValue(0)
    widget.display.largest.setValue(1.0)
    assert not outlines.data.any()
    widget.display.largest.setValue(0)
    for by in ("diameter", "confidence", "psi6"):
        widget.display.colour_by.setCurrentIndex(widget.display.colour_by.findData(by))
        assert len(np.unique(outlines.data)) > 5
        assert widget.display.legend.high.text()
    assert widget.display.legend.high.text() == "1"
    assert set(np.unique(outlines.data)) <= {0, *range(2, 243)}


def drawn(viewer):
    """The colour indices that are drawn somewhere."""
    return set(np.unique(viewer.layers["skyrmions"].data).tolist())


def test_marks_are_switched_by_box_and_key(viewer, widget, sweep):
    give(widget, [sweep(0), sweep(1)])
    boxes = widget.display.switches
    assert boxes["Tails"].isChecked()
    assert drawn(viewer) & set(TAILS_BY_AGE)
    press(viewer, "T")
    assert not boxes["Tails"].isChecked()
    assert not drawn(viewer) & set(TAILS_BY_AGE)
    press(viewer, "D")
    assert boxes["Defects"].isChecked()
    _, result = sweep(1)
    marks = viewer.layers["skyrmions"]
    for mark, rows in ((FIVE, (10, 20)), (SEVEN, (11, 21, 31))):
        assert cv2.connectedComponents((marks.data == mark).astype(np.uint8))[0] - 1 == len(rows)
        for row in rows:
            y, x = result.table.loc[row, ["y", "x"]]
            at = marks.world_to_data((3.0 * y, 3.0 * x))
            assert marks.data[tuple(np.rint(at).astype(int))] == mark
    assert BOND not in drawn(viewer)
    boxes["Bonds"].setChecked(True)
    assert BOND in drawn(viewer)
    boxes["Outlines"].setChecked(False)
    assert not drawn(viewer) & set(range(2, 243))
    press(viewer, "P")
    assert boxes["Centres"].isChecked()
    assert CENTRE in drawn(viewer)
    marks.visible = False  # in napari's list
    give(widget, [sweep(4)])
    assert not marks.visible
    marks.visible = True
    assert CENTRE in drawn(viewer)
    assert marks in viewer.layers


def test_hold_step_and_live(viewer, widget, sweep):
    give(widget, [sweep(index) for index in range(4)])
    press(viewer, "Space")
    give(widget, [sweep(4)])
    assert "held at frame 3, live is at 4" in details(widget)
    image = viewer.layers["frame"]
    np.testing.assert_array_equal(image.data, sweep(3)[0].pixels)
    assert len(widget.model.history) == 5
    press(viewer, "Left")
    np.testing.assert_array_equal(image.data, sweep(2)[0].pixels)
    press(viewer, "Right")
    np.testing.assert_array_equal(image.data, sweep(3)[0].pixels)
    widget.playback.slider.setValue(0)
    np.testing.assert_array_equal(image.data, sweep(0)[0].pixels)
    assert widget.playback.button.text() == "Live"
    widget.playback.button.click()
    np.testing.assert_array_equal(image.data, sweep(4)[0].pixels)
    assert "·  frame 4" in details(widget)


def click(viewer, y, x):
    event = SimpleNamespace(type="mouse_press", button=1, modifiers=())
    event.position = (0.0, 3.0 * y, 3.0 * x)
    for callback in viewer.mouse_drag_callbacks:
        steps = callback(viewer, event)
        event.type = "mouse_press"
        if steps is not None:
            next(steps, None)
            event.type = "mouse_release"
            next(steps, None)


def test_a_click_selects_and_the_ring_follows(qtbot, viewer, widget, sweep):
    give(widget, [sweep(index) for index in range(6)])
    row = sweep(5)[1].table.iloc[12]
    click(viewer, row.y + 3, row.x - 2)
    assert widget.selected.title.text() == f"Track {row.particle}"
    np.testing.assert_allclose(viewer.layers["selected"].data, [[row.y, row.x]])
    give(widget, [sweep(6)])
    table = sweep(6)[1].table
    now = table[table.particle == row.particle].iloc[0]
    np.testing.assert_allclose(viewer.layers["selected"].data, [[now.y, now.x]])
    frames, _ = widget.selected.curve.getData()
    assert frames.tolist() == list(range(7))
    press(viewer, "D")
    widget.display.switches["Bonds"].setChecked(True)
    press(viewer, "C")
    assert widget.display.colour_by.currentData() == "diameter"
    low = viewer.layers["skyrmions"].colormap.color_dict[2]
    assert low[2] > 1.5 * low[0]  # the dark end of the scale
    viewer.layers.selection.active = viewer.layers["skyrmions"]
    press(viewer, "P")  # would start painting
    assert CENTRE in drawn(viewer)
    press(viewer, "P")
    widget.display.parent().heading.click()
    OUTPUT.mkdir(exist_ok=True)
    for theme in ("dark", "light"):
        viewer.theme = theme
        qtbot.wait(100)
        viewer.screenshot(OUTPUT / f"picture_{theme}.png", canvas_only=False, flash=False)
    press(viewer, "Escape")
    assert widget.selected.title.text().startswith("Click a skyrmion")
    assert not len(viewer.layers["selected"].data)


def test_every_control_has_a_tooltip(widget):
    from qtpy.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox

    for part in (widget.playback, widget.display, widget.selected):
        for kind in (QAbstractButton, QAbstractSpinBox, QComboBox):
            for control in part.findChildren(kind):
                assert control.toolTip(), control
    assert all(slider.toolTip() for slider in widget.playback.findChildren(QAbstractSlider))


def test_keys_clicks_and_layers_are_given_back(viewer, sweep):
    keys, clicks = dict(viewer.keymap), list(viewer.mouse_drag_callbacks)
    _, widget = viewer.window.add_plugin_dock_widget("skyrmlive")
    assert len(viewer.keymap) == len(keys) + 8
    give(widget, [sweep(0)])
    names = [layer.name for layer in viewer.layers]
    viewer.window.remove_dock_widget(widget)
    assert dict(viewer.keymap) == keys
    left = {str(key) for layer in viewer.layers for key in layer.keymap}
    assert not left & {"Space", "Left", "Right", "C", "D", "T", "P", "Escape"}, left
    assert list(viewer.mouse_drag_callbacks) == clicks
    _, again = viewer.window.add_plugin_dock_widget("skyrmlive")
    give(again, [sweep(1)])
    assert [layer.name for layer in viewer.layers] == names
