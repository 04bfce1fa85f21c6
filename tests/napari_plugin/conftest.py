"""A virtual screen for the tests of the window, and runs to show in it."""

import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.publisher import ResultPublisher
from skyrmlive.stream.result import TABLE_DTYPES, FrameResult, ResultSummary, empty_table

from .run_window import ANY_PORT

SHAPE = (384, 512)
PIXEL_SIZE_NM = 3.0
REQUIRE = "SKYRMLIVE_REQUIRE_SCREEN"


@pytest.fixture(autouse=True)
def _own_runs(tmp_path_factory, monkeypatch):
    """Neither the runs and choices of whoever sits at this computer, nor those of the test before.

    What was chosen for a run is remembered there for the next.
    """
    monkeypatch.setenv("SKYRMLIVE_RUNS", str(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="session")
def screen(tmp_path_factory):
    """A virtual screen with software OpenGL, also where there is a real one: no flashing windows.

    Skips where there is none, unless the environment variable says that a screen is required.
    """
    pytest.importorskip("napari", reason="the extra 'viewer' is not installed")
    os.environ["NAPARI_CONFIG"] = str(tmp_path_factory.mktemp("napari") / "settings.yaml")
    if sys.platform != "linux":
        yield
        return
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        message = "no Xvfb here; tools/setup_screen.sh --virtual installs it"
        (pytest.fail if os.environ.get(REQUIRE) == "1" else pytest.skip)(message)
    read_end, write_end = os.pipe()
    command = [xvfb, "-displayfd", str(write_end), "-screen", "0", "1600x1000x24"]
    # It ends by itself with its last client: Qt would not survive losing it before it exits.
    command += ["-nolisten", "tcp", "+extension", "GLX", "-terminate"]
    with open(os.devnull, "wb") as nowhere:
        server = subprocess.Popen(command, pass_fds=[write_end], stderr=nowhere)
    os.close(write_end)
    with os.fdopen(read_end) as announcement:
        number = announcement.readline().strip()  # empty if it died
    if not number:
        pytest.fail(f"Xvfb ended with exit code {server.wait()}")
    before = dict(os.environ)
    os.environ |= {
        "DISPLAY": f":{number}",
        "QT_QPA_PLATFORM": "xcb",
        "LIBGL_ALWAYS_SOFTWARE": "1",
    }
    os.environ.pop("WAYLAND_DISPLAY", None)
    yield
    os.environ.clear()
    os.environ |= before
    from qtpy.QtWidgets import QApplication

    if QApplication.instance() is None:
        server.terminate()
        server.wait()


@pytest.fixture
def publisher():
    with ResultPublisher("tcp://127.0.0.1:*") as publisher:
        yield publisher


@pytest.fixture
def viewer(screen, make_napari_viewer):
    """A window of napari as large as a laptop's screen."""
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1366, 768)
    return viewer


@pytest.fixture
def open_widget(viewer):
    """Return a function that docks a new widget in `viewer`, which a test module provides."""

    def open_widget():
        _, widget = viewer.window.add_plugin_dock_widget("skyrmlive")
        return widget

    return open_widget


@pytest.fixture
def widget(open_widget):
    return open_widget()


@pytest.fixture(scope="session")
def sweep_frame():
    """A made-up field sweep: lobes that drift, shrink and vanish. Call it with a frame number."""
    return _sweep_frame


def _sweep_frame(index, *, seed=1, spacing=44, n_frames=60):
    """Return frame number `index` and its result, found by real connected components."""
    rng = np.random.default_rng(seed)
    centres = _lattice(spacing) + rng.normal(0, 2, (len(_lattice(spacing)), 2))
    drift = rng.normal((0.25, 0.75), 0.15, centres.shape)
    vanish_at = rng.uniform(0.3 * n_frames, 1.7 * n_frames, len(centres))
    radii = rng.normal(11, 0.9, len(centres)) * (1 - 0.35 * index / n_frames)
    alive = np.flatnonzero(vanish_at > index)
    positions = centres + index * drift

    contrast = np.random.default_rng(index).normal(0, 0.1, SHAPE).astype(np.float32)
    drawn = np.zeros(SHAPE, np.uint8)
    for particle in alive:
        (y, x), radius = positions[particle], radii[particle]
        _draw_lobes(contrast, y, x, radius)
        cv2.circle(drawn, (round(16 * x), round(16 * y)), round(16 * radius), 1, -1, shift=4)
    pixels = np.clip(2000 + 900 * contrast, 0, 65535).astype(np.uint16)

    metadata = FrameMetadata(
        seq=index,
        timestamp=1.7e9 + 0.2 * index,
        pixel_size_nm=PIXEL_SIZE_NM,
        field_mt=300 + 2.0 * index,
        temperature_k=290.0,
    )
    return Frame(pixels, metadata), _result(drawn, positions[alive], alive, metadata, index)


def _lattice(spacing):
    """Return (n, 2) positions y, x of a triangular lattice that fills the frame."""
    height, width = SHAPE
    rows = np.arange(0.8 * spacing, height - 0.6 * spacing, 0.87 * spacing)
    columns = np.arange(0.8 * spacing, width - 1.4 * spacing, spacing)
    return np.array([(y, x + row % 2 * spacing / 2) for row, y in enumerate(rows) for x in columns])


def _draw_lobes(contrast, y, x, radius):
    top, left = max(int(y - 3 * radius), 0), max(int(x - 3 * radius), 0)
    patch = contrast[top : int(y + 3 * radius), left : int(x + 3 * radius)]
    dy = np.arange(patch.shape[0])[:, None] + top - y
    dx = np.arange(patch.shape[1]) + left - x
    patch += 1.5 * dy / radius * np.exp(-(dy**2 + dx**2) / radius**2)


def _result(drawn, positions, particles, metadata, index):
    n_labels, labels, stats, centroids = cv2.connectedComponentsWithStats(drawn)
    diameter = np.sqrt(4 * stats[1:, cv2.CC_STAT_AREA] / np.pi)
    distances = np.linalg.norm(centroids[1:, None, ::-1] - positions[None], axis=2)
    table = empty_table().reindex(range(n_labels - 1))
    table["frame"] = index
    table["particle"] = particles[distances.argmin(axis=1)]
    table["label"] = np.arange(1, n_labels)
    table["x"], table["y"] = centroids[1:, 0], centroids[1:, 1]
    table["area"] = stats[1:, cv2.CC_STAT_AREA]
    table["diameter_nm"] = diameter * PIXEL_SIZE_NM
    table["touches_border"] = table["is_stripe"] = False
    table["n_neighbours"] = 6
    summary = ResultSummary(
        frame=index,
        seq=index,
        timestamp=metadata.timestamp,
        received_at=metadata.timestamp + 0.01,
        height=SHAPE[0],
        width=SHAPE[1],
        pixel_size_nm=PIXEL_SIZE_NM,
        temperature_k=metadata.temperature_k,
        field_mt=metadata.field_mt,
        n_skyrmions=n_labels - 1,
        mean_diameter_nm=float(table["diameter_nm"].mean()),
        mean_diameter_low_nm=0.9 * float(table["diameter_nm"].mean()),
        mean_diameter_high_nm=1.1 * float(table["diameter_nm"].mean()),
        std_diameter_nm=float(table["diameter_nm"].std(ddof=0)),
        latency_ms={"network": 61.0, "total": 84.0},
        engine="drawn",
    )
    return FrameResult(summary, table.astype(TABLE_DTYPES), labels.astype(np.uint16), metadata)


@pytest.fixture
def desk(widget, tmp_path):
    """The desk of the widget's runs, which publish at any port and record for this test."""
    desk = widget.desk
    desk.panel.source.listen.setText(ANY_PORT)
    desk.panel.publish = ANY_PORT
    desk.panel.recordings.set_text(str(tmp_path / "recordings"))
    yield desk
    if desk.running:  # where a test has failed
        desk.run.stop()
        desk.run.stop()
