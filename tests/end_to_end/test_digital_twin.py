"""A simulated sweep, whose every skyrmion is known, through the engine and the tracker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import KDTree

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import find_engine
from skyrmlive.stream.files import read_frames
from skyrmlive.trainer.sweep.recipe import SweepRecipe
from skyrmlive.trainer.sweep.run import run_sweep

RECIPE = {
    "name": "twin",
    "seed": 3,
    "film": {
        "preset": "neel-lattice",
        "cells": 160,
        "saturation_magnetisation": 2.0e5,
        "exchange_stiffness": 1.4e-11,
        "interfacial_dmi": 1.2e-3,
        "uniform_share": 1.0,
        "placed_share": 1.0,
        "placed_density_per_um2": 75.0,
    },
    "field_t": 0.40,
    "legs": [{"frames": 7, "field_t": 0.50}],
    "temperature_k": 190.0,
    "imaging": {"camera": {"electrons_per_pixel": 4000.0}},
    "relaxation": {"steps_before": 20, "max_steps": 200},
}
NEAR_PX = 8.0


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_sweep(
        SweepRecipe.model_validate(RECIPE), tmp_path_factory.mktemp("twin") / "sweep"
    ).path


@pytest.fixture(scope="module")
def found(twin: Path) -> pd.DataFrame:
    engine = Engine.from_bundle(EngineBundle.load(find_engine(None)), "f32")
    analyser = SkyrmionAnalyser(engine)
    frames = read_frames(twin / "frames.tif")
    tables = [analyser.analyse(frame, index, 0.0).table for index, frame in enumerate(frames)]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def pairs(twin: Path, found: pd.DataFrame) -> pd.DataFrame:
    """Every true skyrmion away from the border with the nearest that was found, if one is near."""
    rows = []
    truth = pd.read_csv(twin / "skyrmions.csv")
    for frame, true in truth[~truth["touches_border"]].groupby("frame"):
        seen = found[found["frame"] == frame]
        distance, nearest = KDTree(seen[["y", "x"]]).query(true[["y", "x"]])
        track = np.where(distance < NEAR_PX, seen["particle"].to_numpy()[nearest], -1)
        rows.append(pd.DataFrame({"true": true["particle"].to_numpy(), "track": track}))
    return pd.concat(rows, ignore_index=True)


def test_the_sweep_shrinks_its_skyrmions(twin: Path):
    frames = pd.read_csv(twin / "frames.csv")
    assert frames["n_skyrmions"].iloc[0] > 10
    assert frames["mean_diameter_nm"].is_monotonic_decreasing
    assert not frames["uncertain_looks"].any()


def test_the_engine_finds_them_where_they_are(pairs: pd.DataFrame):
    assert len(pairs) > 60
    assert (pairs["track"] >= 0).mean() > 0.95


def test_tracks_are_the_true_identities(pairs: pd.DataFrame):
    seen = pairs[pairs["track"] >= 0]
    assert (seen.groupby("true")["track"].nunique() == 1).mean() > 0.95
    assert (seen.groupby("track")["true"].nunique() == 1).all()
