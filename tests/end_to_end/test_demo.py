"""`skyrmlive demo`: what it leaves, and what it leaves alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree

from skyrmlive.stream import demo_sweep
from skyrmlive.stream.recording import Recording, check
from skyrmlive.stream.result import TABLE_DTYPES

from .processes import skyrmlive

N_FRAMES = 64
OUTPUTS = ["curves.png", "frames.csv", "overlay.png", "recording", "skyrmions.csv"]


@dataclass
class Demo:
    out: Path
    printed: str
    frames: pd.DataFrame
    skyrmions: pd.DataFrame
    recording: Recording


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo in a folder that holds an earlier one, of which only one file can be told apart."""
    out = tmp_path_factory.mktemp("demo")
    (out / "recording").mkdir()
    (out / "recording" / "earlier").touch()
    (out / "curves.png").write_bytes(b"earlier")
    run = skyrmlive("demo", "--out", out, "--rate", 50)
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    return Demo(
        out,
        run.stdout,
        pd.read_csv(out / "frames.csv"),
        pd.read_csv(out / "skyrmions.csv"),
        Recording(out / "recording"),
    )


def test_every_frame_is_recorded_and_analysed(demo: Demo):
    assert sorted(path.name for path in demo.out.iterdir()) == OUTPUTS
    assert check(demo.recording.path) == []
    assert demo.recording.closed
    assert (demo.recording.n_frames, demo.recording.shape) == (N_FRAMES, (512, 512))
    assert demo.frames["frame"].tolist() == list(range(N_FRAMES))
    assert demo.frames["seq"].tolist() == list(range(N_FRAMES))
    assert len(demo.recording.summaries()) == N_FRAMES
    assert not (demo.recording.path / "earlier").exists()
    for column in ("temperature_k", "field_mt", "pixel_size_nm"):
        assert demo.frames[column].notna().all()
    assert f"{N_FRAMES} frames received, {N_FRAMES} recorded, {N_FRAMES} analysed" in demo.printed
    assert str(demo.out) in demo.printed


def test_skyrmions_shrink_and_collapse_as_the_field_rises(demo: Demo):
    frames = demo.frames
    assert (frames["field_mt"].diff().iloc[1:] > 0).all()
    begin, end = frames.iloc[:8], frames.iloc[-3:]
    assert begin["n_skyrmions"].min() > 1.2 * end["n_skyrmions"].max() > 0
    assert begin["mean_diameter_nm"].min() > end["mean_diameter_nm"].max()


def test_skyrmions_keep_their_numbers(demo: Demo):
    skyrmions = demo.skyrmions
    assert list(skyrmions.columns) == list(TABLE_DTYPES)
    assert (skyrmions["particle"] >= 0).all()
    assert not skyrmions.duplicated(["frame", "particle"]).any()
    seen = skyrmions.groupby("particle").size()
    at_the_end = skyrmions.loc[skyrmions["frame"] == N_FRAMES - 1, "particle"]
    assert seen[at_the_end].median() == N_FRAMES
    # Away from the border a skyrmion neither enters nor leaves, it can only collapse.
    inside = skyrmions[skyrmions[["y", "x"]].sub(256).abs().max(axis=1) < 200]
    first = inside[inside["frame"] == 0]
    assert len(first) > 50
    assert (seen[first["particle"]] > N_FRAMES / 2).mean() > 0.9


@pytest.fixture(scope="module")
def matched(demo: Demo) -> pd.DataFrame:
    """Every true skyrmion away from the border: number, size, and the track found nearest to it."""
    truth = pd.read_csv(demo_sweep.FILMS.with_name("truth.csv"))
    # the camera doubles the series' pixels
    truth[["y", "x"]] = 2 * (truth[["y", "x"]] + 0.5) - 0.5
    truth = truth[truth[["y", "x"]].sub(255.5).abs().max(axis=1) < 225]
    parts = []
    for frame, true in truth.groupby("frame"):
        found = demo.skyrmions[demo.skyrmions["frame"] == frame]
        distance, nearest = KDTree(found[["y", "x"]]).query(true[["y", "x"]])
        track = found["particle"].to_numpy()[nearest]
        columns = {"true": true["particle"], "diameter_nm": true["diameter_nm"]}
        parts.append(pd.DataFrame({**columns, "track": track, "px": distance}))
    return pd.concat(parts)


FAINT_NM = 16.0
"""The engine loses some of the skyrmions that are smaller, shortly before they collapse."""


def test_every_skyrmion_is_found_in_its_place(matched: pd.DataFrame):
    assert len(matched) > 100 * N_FRAMES
    assert (matched["px"] < 6).mean() > 0.95
    assert (matched.query("diameter_nm > @FAINT_NM")["px"] < 6).mean() > 0.98
    assert matched["px"].median() < 1.5


def test_tracks_are_the_true_identities(matched: pd.DataFrame):
    large = matched.query("diameter_nm > @FAINT_NM")
    near = large[large["px"] < 6]
    pairs = near.groupby(["true", "track"]).size()
    # the share of observations that a one-to-one assignment of tracks to skyrmions explains
    table = pairs.unstack(fill_value=0).to_numpy()
    rows, columns = linear_sum_assignment(-table)
    assert table[rows, columns].sum() / len(large) > 0.97


def test_the_pictures_show_the_run(demo: Demo):
    overlay = cv2.imread(str(demo.out / "overlay.png"))
    assert overlay.shape == (1024, 1024, 3)
    coloured = np.ptp(overlay.astype(int), axis=2) > 60
    assert 0.005 < coloured.mean() < 0.2
    curves = cv2.imread(str(demo.out / "curves.png"))
    assert min(curves.shape[:2]) > 600
    assert (curves != 255).any(axis=2).mean() > 0.01


def test_a_folder_with_other_things_is_refused(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("years of work")
    refused = skyrmlive("demo", "--out", tmp_path)
    assert refused.returncode == 2
    (sentence,) = refused.stderr.splitlines()
    assert str(tmp_path) in sentence
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
