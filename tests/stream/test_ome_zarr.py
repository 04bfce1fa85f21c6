"""A recording in the hands of programs that know nothing of ours."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skyrmlive.stream.recording import Recording
from skyrmlive.stream.recording.export import export

zarr = pytest.importorskip("zarr", minversion="3", reason="zarr 3 needs Python 3.11")
yaozarrs = pytest.importorskip("yaozarrs")

N_FRAMES, N_ANALYSED = 70, 66  # beyond the first block of 64 by which the arrays grow

_RUN = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from conftest import BlobAnalyser, _make_frame
from skyrmlive.stream.recording import RunRecorder
recorder, analyser = RunRecorder(sys.argv[1]), BlobAnalyser()
n_frames, n_analysed = map(int, sys.argv[3:5])
frames = [
    _make_frame(
        1 + i % 9, seq=i, timestamp=5 + 0.5 * i, pixel_size_nm=2.5, temperature_k=100.0 + i
    )
    for i in range(n_frames)
]
for start in range(0, n_frames, 14):
    recorder.append([(frame, 1000.0) for frame in frames[start : start + 14]])
for i, frame in enumerate(frames[:n_analysed]):
    recorder.append_result(i, analyser.analyse(frame, i, 1000.0))
if sys.argv[5] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
recorder.close()
"""


@pytest.fixture(scope="module", params=["closed", "killed"])
def path(request, tmp_path_factory) -> Path:
    """A recording that was closed, and one whose process was killed in mid-run."""
    path = tmp_path_factory.mktemp(request.param) / "run.ome.zarr"
    here = Path(__file__).parent
    counts = map(str, (N_FRAMES, N_ANALYSED))
    command = [sys.executable, "-c", _RUN, str(path), str(here), *counts, request.param]
    ended = subprocess.run(command, timeout=100)
    assert ended.returncode == (0 if request.param == "closed" else -signal.SIGKILL)
    assert Recording(path).closed == (request.param == "closed")
    return path


def expected_images(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return what foreign readers must see of frames and labels, both of shape (t, y, x).

    After a kill the arrays end with up to 63 empty frames; frames without labels have empty ones.
    """
    recording = Recording(path)
    assert recording.n_frames == N_FRAMES
    length = N_FRAMES if recording.closed else 128
    frames = np.zeros((length, *recording.shape), np.uint16)
    labels = np.zeros((length, *recording.shape), np.uint16)
    for i, frame in enumerate(recording.frames()):
        frames[i] = frame.pixels
        found = recording.labels(i)
        assert (found is None) == (i >= N_ANALYSED)
        if found is not None:
            labels[i] = found
    return frames, labels


def test_an_independent_validator_accepts_it(path: Path, tmp_path: Path):
    group = yaozarrs.validate_zarr_store(path)
    assert isinstance(group.ome_metadata(), yaozarrs.v05.Image)
    labels = yaozarrs.validate_zarr_store(path / "labels/skyrmions")
    assert isinstance(labels.ome_metadata(), yaozarrs.v05.LabelImage)
    damaged = tmp_path / "damaged.ome.zarr"
    shutil.copytree(path, damaged, ignore=shutil.ignore_patterns("c"))
    shutil.rmtree(damaged / "0")
    with pytest.raises(ValueError, match="0"):
        yaozarrs.validate_zarr_store(damaged)


def test_zarr_reads_frames_and_labels(path: Path):
    frames, labels = expected_images(path)
    group = zarr.open_group(path, mode="r")
    assert np.array_equal(group["0"][:], frames)
    assert np.array_equal(group["labels/skyrmions/0"][:], labels)
    assert labels[N_ANALYSED - 1].max() == 1 + (N_ANALYSED - 1) % 9


def test_dask_reads_it_frame_by_frame(path: Path):
    from_zarr = pytest.importorskip("dask.array").from_zarr
    frames, _ = expected_images(path)
    lazy = from_zarr(path, component="0")
    assert lazy.chunksize == (1, *frames.shape[1:])
    means = lazy.mean(axis=(1, 2)).compute()
    assert np.allclose(means, frames.mean(axis=(1, 2)))


@pytest.fixture
def viewer(tmp_path, monkeypatch):
    """The model of napari's window, with the plugins that are installed."""
    components = pytest.importorskip("napari.components", reason="napari is not installed")
    monkeypatch.setenv("NAPARI_CONFIG", str(tmp_path / "settings.yaml"))
    from npe2 import PluginManager

    PluginManager.instance().discover(include_npe1=False)
    return components.ViewerModel()


def test_napari_shows_frames_and_labels_in_nanometres(path: Path, viewer):
    pytest.importorskip("napari_ome_zarr")
    frames, labels = expected_images(path)
    image_layer, label_layer = viewer.open(path, plugin="napari-ome-zarr")
    assert type(label_layer).__name__ == "Labels"
    assert np.array_equal(np.asarray(image_layer.data[N_FRAMES - 1]), frames[N_FRAMES - 1])
    assert np.array_equal(np.asarray(label_layer.data[5]), labels[5])
    # The interval from frame to frame is known at the end of the run only.
    time_unit, interval_s = ("second", 0.5) if Recording(path).closed else ("pixel", 1)
    for layer in (image_layer, label_layer):
        assert layer.data.shape == frames.shape
        assert layer.scale == pytest.approx([interval_s, 2.5, 2.5])
        assert [str(unit) for unit in layer.units] == [time_unit, "nanometer", "nanometer"]


def test_napari_alone_shows_the_frames(path: Path, viewer):
    frames, _ = expected_images(path)
    (layer,) = viewer.open(path / "0", plugin="napari")
    assert np.array_equal(np.asarray(layer.data[N_FRAMES - 1]), frames[N_FRAMES - 1])
    assert layer.data.shape == frames.shape


PAGE = Path(__file__).parents[2] / "docs/recordings.md"


def test_the_snippets_of_the_page_do_what_it_says(path: Path, viewer, tmp_path, monkeypatch):
    (tmp_path / "run1.ome.zarr").symlink_to(path)
    (tmp_path / "again.ome.zarr").symlink_to(path)
    recording = Recording(path)
    export(recording, tmp_path / "run1-export", ["parquet"])
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    ours, with_zarr, with_dask, in_napari, lines, table, parquet, comparison = map(run, snippets)

    pixels, labels = recording.frame(5).pixels, recording.labels(5)
    assert np.array_equal(ours["frame"].pixels, pixels)
    assert np.array_equal(ours["labels"], labels)
    assert np.array_equal(with_zarr["frame"], pixels)
    assert np.array_equal(with_zarr["labels"], labels)
    assert with_dask["brightness"][5] == pytest.approx(pixels.mean())
    assert np.array_equal(np.asarray(in_napari["labels"].data[5]), labels)
    assert lines["temperature_k"].tolist() == [100.0 + i for i in range(N_FRAMES)]
    assert table["skyrmions"].equals(ours["table"])
    assert parquet["skyrmions"].equals(ours["table"])
    assert comparison["compare"](recording.tables(), recording.tables()).identical == N_ANALYSED


def run(snippet: str) -> dict[str, Any]:
    """Run a snippet and return what it has defined."""
    names: dict[str, Any] = {}
    exec(compile(snippet, str(PAGE), "exec"), names)
    return names
