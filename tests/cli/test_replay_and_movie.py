"""`replay --to` and `export --movie`, from images to a recording, another one, and a movie."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from skyrmlive.stream.demo_sweep import camera_frames
from skyrmlive.stream.recording import Recording
from skyrmlive.stream.recording.tiff_stack import TiffStack


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Three frames of the simulated sweep, 192 x 192 pixels."""
    path = tmp_path / "frames.tif"
    with TiffStack(path, 3, 2 * 192 * 192) as stack:
        for frame in islice(camera_frames(), 3):
            said = frame.metadata.model_dump(exclude_unset=True)
            stack.append(frame.pixels[:192, :192], said, frame.metadata.pixel_size_nm)
    return path


def test_images_become_recordings_and_a_movie(skyrmlive, frames, tmp_path):
    run, again, movie = (tmp_path / name for name in ("run.ome.zarr", "again.ome.zarr", "run.mp4"))
    skyrmlive("replay", frames, "--to", run)
    recording = Recording(run)
    assert (recording.n_frames, recording.closed, len(recording.summaries())) == (3, True, 3)
    skyrmlive("replay", run, "--engine", "neel-2mm-20deg", "--to", again)
    other = Recording(again)
    assert {summary.engine.partition("@")[0] for summary in other.summaries()} == {"neel-2mm-20deg"}
    for index in range(3):
        np.testing.assert_array_equal(other.frame(index).pixels, recording.frame(index).pixels)
    pytest.importorskip("imageio_ffmpeg", reason="the extra 'movie' is missing")
    assert "3 frames" in skyrmlive("export", again, "--movie", movie, "--rate", 4)
    assert movie.stat().st_size > 1000
    assert not (tmp_path / "again-export").exists()


def test_nothing_is_overwritten(refusal, frames, tmp_path):
    assert "exists already" in refusal("replay", frames, "--to", tmp_path)
    assert "no such folder" in refusal("export", tmp_path / "none", "--movie", tmp_path / "a.mp4")


def test_a_reader_that_leaves_takes_no_results_along(skyrmlive, frames, tmp_path):
    run, again = tmp_path / "run.ome.zarr", tmp_path / "again.ome.zarr"
    skyrmlive("replay", frames, "--to", run)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "skyrmlive.cli.main", "replay", str(run), "--to", str(again)]
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE, text=True) as replaying:
        os.close(writing)
        os.close(reading)
        _, said = replaying.communicate(timeout=300)
    assert said.count("not shown any more: Broken pipe.") == 1
    assert replaying.returncode == 0
    assert len(Recording(again).summaries()) == 3
