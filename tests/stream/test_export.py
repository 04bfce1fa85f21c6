from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import read_frames
from skyrmlive.stream.frame import ALLOWED_DTYPES, Frame, FrameMetadata
from skyrmlive.stream.recording import Recording, RunRecorder
from skyrmlive.stream.recording.export import CONTENTS, export
from skyrmlive.stream.recording.tiff_stack import TiffStack

FILES = {
    "tiff": ["frames.tif"],
    "labels": ["labels.tif"],
    "csv": ["frames.csv", "skyrmions.csv"],
    "parquet": ["frames.parquet", "skyrmions.parquet"],
}


@pytest.fixture
def recording(tmp_path, analyser, make_frame) -> Recording:
    """Six frames, of which the last two were not analysed, in a recording that was never closed."""
    recorder = RunRecorder(tmp_path / "run.ome.zarr")
    for i in range(6):
        frame = make_frame(
            i + 1,
            seq=i,
            timestamp=10 + i / 3,
            pixel_size_nm=2.5,
            source="cam",
            mine=["é", {"i": i}],
        )
        recorder.append([(frame, 1000.0 + i)])
        if i < 4:
            recorder.append_result(i, analyser.analyse(frame, i, 1000.0 + i))
    return Recording(tmp_path / "run.ome.zarr")


def test_frames_come_back_with_all_that_is_known_about_them(recording, tmp_path):
    done = export(recording, tmp_path / "out")
    assert (done.n_frames, done.n_analysed, done.problems) == (6, 4, [])
    frames = list(read_frames(tmp_path / "out/frames.tif"))
    assert [f.metadata for f in frames] == [f.metadata for f in recording.frames()]
    expected = [f.pixels for f in recording.frames()]
    assert np.array_equal([f.pixels for f in frames], expected)
    # libtiff, inside OpenCV, as a reader that knows nothing of tifffile.
    _, pages = cv2.imreadmulti(str(tmp_path / "out/frames.tif"), flags=cv2.IMREAD_UNCHANGED)
    assert np.array_equal(pages, expected)


@pytest.mark.parametrize("dtype", ALLOWED_DTYPES)
def test_every_pixel_type_is_lossless(tmp_path, dtype: str):
    pixels = np.frombuffer(np.random.default_rng(1).bytes(8 * 35), dtype)[:35].reshape(5, 7)
    recorder = RunRecorder(tmp_path / "run")
    recorder.append([(Frame(pixels), 0.0), (Frame(pixels[::-1].copy()), 1.0)])
    export(Recording(tmp_path / "run"), tmp_path / "out", ["tiff"])
    first, second = read_frames(tmp_path / "out/frames.tif")
    assert first.pixels.dtype == dtype
    assert first.pixels.tobytes() == pixels.tobytes()
    assert second.pixels.tobytes() == pixels[::-1].tobytes()
    assert first.metadata == FrameMetadata(source="frames.tif")


def test_label_pages_belong_to_frame_pages(recording, tmp_path):
    export(recording, tmp_path / "out", ["labels"])
    with tifffile.TiffFile(tmp_path / "out/labels.tif") as tif:
        assert len(tif.pages) == 6
        for i, page in enumerate(tif.pages):
            found = recording.labels(i)
            said = {"frame": i, "pixel_size_nm": 2.5, "analysed": found is not None}
            assert json.loads(page.description) == said
            assert page.tags["PageName"].value == f"frame {i}"
            expected = np.zeros(recording.shape, np.uint16) if found is None else found
            assert page.dtype == np.uint16
            assert np.array_equal(page.asarray(), expected)
            per_cm, one = page.tags["XResolution"].value
            assert one / per_cm * 1e7 == pytest.approx(2.5)


def test_tables_are_those_of_the_recording(recording, tmp_path):
    out = tmp_path / "out"
    export(recording, out)
    rows = pd.read_parquet(out / "skyrmions.parquet")
    pd.testing.assert_frame_equal(rows, recording.table(), check_exact=True)
    assert rows["frame"].value_counts().to_dict() == {0: 1, 1: 2, 2: 3, 3: 4}
    text = pd.read_csv(out / "skyrmions.csv")
    pd.testing.assert_frame_equal(text, rows, check_dtype=False, rtol=1e-14)
    frames = pd.read_parquet(out / "frames.parquet")
    assert list(frames) == list(pd.read_csv(out / "frames.csv", nrows=0))
    assert frames["n_skyrmions"].tolist() == [1, 2, 3, 4]
    assert frames["timestamp"].tolist() == [10 + i / 3 for i in range(4)]


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_asked_for_is_written_and_progress_reaches_its_end(recording, tmp_path, content):
    steps: list[tuple[int, int]] = []
    export(recording, tmp_path / "out", [content], lambda *step: steps.append(step))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == FILES[content]
    assert steps == sorted(steps)
    assert steps[-1] == (6, 6)


def test_a_run_without_a_frame_or_a_result_has_empty_tables(tmp_path, make_frame):
    RunRecorder(tmp_path / "run").append([(make_frame(), 0.0)])
    (tmp_path / "run/frames.jsonl").write_bytes(b"")
    done = export(Recording(tmp_path / "run"), tmp_path / "out", ["csv", "parquet"])
    assert (done.n_frames, done.n_analysed) == (0, 0)
    assert pd.read_parquet(tmp_path / "out/skyrmions.parquet").empty
    assert pd.read_csv(tmp_path / "out/frames.csv").empty


def test_a_damaged_frame_is_a_black_page_that_says_so(recording, tmp_path):
    (recording.path / "0/c.2.0.0").unlink()
    (recording.path / "labels/skyrmions/0/c.1.0.0").write_bytes(b"x")
    done = export(Recording(recording.path), tmp_path / "out", ["tiff", "labels"])
    assert len(done.problems) == 2
    frames = list(read_frames(tmp_path / "out/frames.tif"))
    assert not frames[2].pixels.any()
    assert "Frame 2" in (frames[2].metadata.model_extra or {})["damaged"]
    assert frames[2].metadata.seq == 2
    assert np.array_equal(frames[3].pixels, recording.frame(3).pixels)
    labels = list(read_frames(tmp_path / "out/labels.tif"))
    assert "Frame 1" in (labels[1].metadata.model_extra or {})["damaged"]
    assert not labels[1].pixels.any()


def test_nothing_is_ever_overwritten(recording, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "other.part").mkdir()
    for name, reason in (("out", "exists already"), ("other", "remove it")):
        with pytest.raises(UserError, match=reason):
            export(recording, tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.part", "out", "run.ome.zarr"]


@pytest.mark.parametrize("content", CONTENTS)
def test_a_disk_that_refuses_is_one_sentence_and_leaves_nothing(recording, tmp_path, content):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, hard))  # the system refuses longer files
    try:
        with pytest.raises(UserError, match=r"Cannot write .*out: File too large\.$"):
            export(recording, tmp_path / "out", [content])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [p.name for p in tmp_path.iterdir()] == ["run.ome.zarr"]


def test_beyond_4_gib_the_stack_is_a_bigtiff(tmp_path):
    for n_pages, version in ((4, 42), (5000, 43)):
        path = tmp_path / f"{n_pages}.tif"
        with TiffStack(path, n_pages, page_bytes=1 << 20) as stack:
            stack.append(np.eye(3, dtype=np.uint8), {"seq": 7}, None)
        assert path.read_bytes()[:4] == b"II" + bytes([version, 0])
        (frame,) = read_frames(path)
        assert frame.metadata.seq == 7
        assert np.array_equal(frame.pixels, np.eye(3))


@pytest.mark.parametrize("pixel_size_nm", [1e-300, 1e-3, 0.05, 3.7, 1e6, 1e8, 1e300])
def test_any_pixel_size_can_be_written(tmp_path, pixel_size_nm: float):
    with TiffStack(tmp_path / "a.tif", 1, 9) as stack:
        stack.append(np.eye(3, dtype=np.uint8), {"pixel_size_nm": pixel_size_nm}, pixel_size_nm)
    (frame,) = read_frames(tmp_path / "a.tif")
    assert frame.metadata.pixel_size_nm == pixel_size_nm


def test_memory_does_not_grow_with_the_number_of_frames(tmp_path, analyser):
    recorder = RunRecorder(tmp_path / "run")
    frame = Frame(np.random.default_rng(0).integers(0, 9999, (200, 300), dtype=np.uint16))
    for i in range(60):
        recorder.append([(frame, float(i))])
        if i < 2:
            recorder.append_result(i, analyser.analyse(frame, i, 0.0))
    recording = Recording(tmp_path / "run")
    tracemalloc.start()
    export(recording, tmp_path / "out", ["tiff", "labels"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * frame.pixels.nbytes


def test_the_command_writes_a_folder_beside_the_recording(recording, tmp_path: Path):
    command = [sys.executable, "-m", "skyrmlive.cli.main", "export", str(recording.path)]
    first = subprocess.run([*command, "--csv"], capture_output=True, text=True, timeout=100)
    assert first.returncode == 0, first.stderr
    assert "6 frames exported" in first.stdout
    assert sorted(p.name for p in (tmp_path / "run-export").iterdir()) == FILES["csv"]
    again = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert again.returncode == 2
    (line,) = again.stderr.splitlines()
    assert "exists already" in line
