"""A short version of `benchmarks/killed_serves.py`, and whether it would notice damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from camera import WINDOWS, tall_image, window
from killed_serves import FAULTS, run, unlike
from recorded import acknowledged, altered, lost

from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.recording import Recording, RunRecorder


@pytest.mark.timeout(300)
def test_what_killed_runs_acknowledged_reads_back(tmp_path: Path):
    figures = run(2, tmp_path)  # one of `record`, one of `serve`
    assert {fault: figures[fault] for fault in FAULTS} == dict.fromkeys(FAULTS, 0)
    assert figures["kills"] == 2


@pytest.fixture
def image(tmp_path: Path, make_frame) -> np.ndarray:
    return tall_image(tmp_path / "camera.npy", make_frame(6, size=(64 + WINDOWS, 64 + WINDOWS)))


@pytest.fixture
def recording(tmp_path: Path, image: np.ndarray, analyser) -> Path:
    """Five frames of a camera, with their results."""
    path = tmp_path / "run"
    recorder = RunRecorder(path)
    for seq in range(5):
        frame = Frame(window(image, seq), FrameMetadata(seq=seq))
        recorder.append([(frame, 0.0)])
        recorder.append_result(seq, analyser.analyse(frame, seq, 0.0))
    recorder.close()
    return path


def test_a_frame_that_is_missing_or_another_is_noticed(recording: Path, image: np.ndarray):
    assert acknowledged(recording) == list(range(5))
    assert lost(recording, image, range(5)) == 0
    assert lost(recording, image, range(7)) == 2
    index = recording / "frames.jsonl"
    whole = index.read_bytes()
    index.write_bytes(whole[:-3])
    assert acknowledged(recording) == list(range(4))
    assert lost(recording, image, range(5)) == 1
    index.write_bytes(whole.replace(b'"seq": 2', b'"seq": 3'))
    assert altered(recording, image) == 1
    assert lost(recording, image, range(5)) == 3


def test_a_result_that_differs_in_its_last_bit_is_noticed(recording: Path):
    stored = Recording(recording)
    again = stored.table()
    assert len(again)
    assert unlike(stored, again) == 0
    again.loc[0, "x"] = np.nextafter(again.loc[0, "x"], np.inf)
    assert unlike(stored, again) == 1
    assert unlike(stored, again[again["frame"] != again.loc[0, "frame"]]) == 1


def test_tracks_must_be_the_same_only_where_the_run_had_ended(recording: Path):
    stored = Recording(recording)
    again = stored.table()
    again["particle"] += 1
    stored.run["settled"] = False
    assert unlike(stored, again) == 0
    stored.run["settled"] = True
    assert unlike(stored, again) == 5
