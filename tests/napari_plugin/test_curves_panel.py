"""The panel of the curves in a window on a virtual screen, and what it saves."""

import numpy as np
import pandas as pd
import pytest

from skyrmlive.napari_plugin.births import TrackChanges
from skyrmlive.napari_plugin.history import COLUMNS
from skyrmlive.napari_plugin.model import LiveModel
from skyrmlive.napari_plugin.snapshot import Snapshot
from skyrmlive.stream.result import ResultSummary

N_FRAMES = 300


@pytest.fixture
def model(sweep_frame):
    """A field loop with a burst of births at frame 200, and the sizes of one frame."""
    model = LiveModel()
    field = np.interp(np.arange(N_FRAMES), [0, 100, 299], [0, 200, -198])
    for frame in range(N_FRAMES):
        summary = ResultSummary(
            frame=frame,
            timestamp=100 + 0.5 * frame,
            received_at=0,
            height=4,
            width=6,
            field_mt=field[frame],
            n_skyrmions=300 + frame,
            mean_diameter_nm=60,
            mean_diameter_low_nm=55,
            mean_diameter_high_nm=66 if frame != 250 else None,
        )
        model.history.add(summary)
        changes = TrackChanges(frame, 40 if frame == 200 else 0)
        model.history.note(changes)
        model.bursts.note(changes)
    _, result = sweep_frame(3)
    model.newest = Snapshot(result, None, None)
    return model


@pytest.fixture
def panel(screen, qtbot, model):
    from skyrmlive.napari_plugin.curves_panel import CurvesPanel

    panel = CurvesPanel(model)
    qtbot.addWidget(panel)
    panel.set_theme("dark")
    panel.show()
    return panel


def choose(panel, column):
    panel.axis.setCurrentIndex(panel.axis.findData(column))


def finite(item):
    x, y = item.getData()
    return x[np.isfinite(x)], y[np.isfinite(x)]


def test_ways_up_and_down_are_two_curves_against_field_and_one_against_time(panel):
    curves = panel.plots["number"].curves
    choose(panel, "field_mt")
    x, y = finite(curves["n_skyrmions", 1])
    np.testing.assert_allclose(y, 300 + np.arange(101))
    np.testing.assert_allclose(x, np.linspace(0, 200, 101))
    np.testing.assert_allclose(finite(curves["n_skyrmions", -1])[1], 400 + np.arange(200))
    choose(panel, "time_s")
    x, y = finite(curves["n_skyrmions", 0])
    np.testing.assert_allclose(x, 0.5 * np.arange(N_FRAMES))
    assert all(curves["n_skyrmions", way].getData()[0] is None for way in (1, -1))
    low, high = panel.plots["diameter"].viewRange()[0]
    assert low < 0
    assert 149.5 < high < 170


def test_the_band_is_the_interval_of_the_mean(panel):
    choose(panel, "frame")
    band = panel.plots["diameter"]._bands[0]
    assert band.isVisible()
    corners = {(point.x, point.y) for point in map(band.path().elementAt, range(2 * N_FRAMES))}
    # an unknown end is the mean itself
    assert {(249, 55), (249, 66), (250, 55), (250, 60)} <= corners


def test_events_are_listed_and_marked_and_thresholds_act_at_once(panel):
    panel.shown["events"].click()
    assert panel.events.list.count() == 1
    assert panel.events.list.item(0).text() == (
        "100.0 s, frame 200: Nucleation burst: 40 births in 5 frames."
    )
    panel.events.number.setValue(350)
    assert panel.events.list.count() == 2
    marks = panel.plots["number"]._marks
    assert [mark.value() for mark in marks] == [58, 200]
    assert [mark.label.toPlainText() for mark in marks] == ["n > 350", "+40"]
    choose(panel, "field_mt")
    assert panel.plots["number"]._marks == []


def test_pinned_sizes_stay_while_the_run_goes_on(panel, model, sweep_frame):
    panel.pin.click()
    assert panel.shown["sizes"].isChecked()
    pinned = panel.pinned
    _, result = sweep_frame(5)
    model.newest = Snapshot(result, None, None)
    panel.draw_now()
    edges, now = panel.histogram.now_curve.getOriginalDataset()
    same_edges, before = panel.histogram.pinned_curve.getOriginalDataset()
    np.testing.assert_array_equal(edges, same_edges)
    assert before.sum() == len(pinned.values_nm)
    assert now.sum() == len(result.table)
    assert pinned.frame == 3
    panel.pin.click()
    assert panel.pinned is None


def test_zoom_is_followed_by_all_plots_until_fit(panel, model):
    number, diameter = panel.plots["number"], panel.plots["diameter"]
    number.setXRange(10, 20, padding=0)
    number.plot_item.getViewBox().sigRangeChangedManually.emit([True, True])
    assert diameter.viewRange()[0] == [10, 20]
    panel.draw_now()
    assert diameter.viewRange()[0] == [10, 20]
    panel.fit_button.click()
    assert diameter.viewRange()[0][1] > N_FRAMES - 1


def test_all_curves_can_be_hidden_and_the_histogram_shown_alone(panel):
    for key in ("number", "diameter"):
        panel.shown[key].click()
    assert not any(plot.isVisible() for plot in panel.plots.values())
    panel.shown["sizes"].click()
    assert panel.histogram.isVisible()
    assert sum(panel.histogram.now_curve.getOriginalDataset()[1]) > 0
    panel.shown["order"].click()
    assert panel.plots["order"].isVisible()
    assert panel.plots["order"].plot_item.getAxis("bottom").label.isVisible()


def test_every_control_has_a_tooltip(panel):
    from qtpy.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox

    for kind in (QAbstractButton, QAbstractSpinBox, QComboBox):
        controls = panel.findChildren(kind)
        assert controls
        assert all(control.toolTip() for control in controls)


def test_saves_table_and_figures_and_says_what_it_cannot(panel, model, qtbot, tmp_path):
    def save(act, path):
        with qtbot.waitSignal(panel.saved, timeout=30_000):
            act(path)
        assert panel.figure.isEnabled()
        return panel.message.text()

    assert save(panel.save_table, tmp_path / "a.csv") == f"Saved {tmp_path / 'a.csv'}."
    table = pd.read_csv(tmp_path / "a.csv")
    assert tuple(table.columns) == COLUMNS
    np.testing.assert_array_equal(table["n_skyrmions"], model.history.column("n_skyrmions"))
    assert table["temperature_k"].isna().all()
    panel.pin.click()
    save(panel.save_figure, tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text()
    save(panel.save_figure, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    nowhere = tmp_path / "missing" / "a.png"
    said = f"Cannot write {nowhere}: No such file or directory."
    assert save(panel.save_figure, nowhere) == said
    assert "PNG or SVG" in save(panel.save_figure, tmp_path / "a.txt")
