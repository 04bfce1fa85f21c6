"""The engine that suits each frame, and its change in mid-run."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.bundle import write_bundle
from skyrmlive.inference.condition import Range
from skyrmlive.inference.engine_store import (
    DEFAULT,
    ENVIRONMENT_VARIABLE,
    InstalledEngines,
    load_engine,
)
from skyrmlive.stream.frame import Frame, FrameMetadata

from .samples import CONDITION, blobs, tiny_model

POINTS = np.array([[60.0, 60.0], [130.0, 70.0], [100.0, 130.0]])


def far(low: float, high: float, name: str) -> object:
    envelope = CONDITION.envelope.model_copy(update={"defocus_nm": Range(low=low, high=high)})
    update = {"name": name, "defocus_nm": (low + high) / 2, "envelope": envelope}
    return CONDITION.model_copy(update=update)


@pytest.fixture(autouse=True)
def two_of_the_users(tmp_path, monkeypatch):
    """Engines for -18 and -22 mm beside the shipped ones."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    for condition in (far(-19e6, -17e6, "far"), far(-23e6, -21e6, "farther")):
        write_bundle(tmp_path / condition.name, condition, tiny_model(), "")


def frame(defocus_nm: float | None) -> Frame:
    metadata = FrameMetadata(
        pixel_size_nm=3.0, geometry="sample", defocus_nm=defocus_nm, tilt_x_deg=20.0
    )
    return Frame(blobs((192, 192), POINTS).astype(np.float32), metadata)


def test_engines_change_in_mid_run_and_tracks_go_on(caplog):
    analyser = SkyrmionAnalyser(InstalledEngines(backend="openvino").suiting)
    assert analyser.engine_id.startswith(DEFAULT)
    with caplog.at_level(logging.WARNING):
        results = [
            analyser.analyse(frame(defocus_mm * 1e6), index, 0.0)
            for index, defocus_mm in enumerate([-18.0, -18.5, -22.0, -21.5])
        ]
    assert [result.summary.engine.split("@")[0] for result in results] == [
        "far",
        "far",
        "farther",
        "farther",
    ]
    tracks = [sorted(result.table["particle"]) for result in results]
    assert tracks == [[0, 1, 2]] * 4
    changes = [text for text in caplog.messages if text.startswith("From here on")]
    assert len(changes) == 2
    assert "defocus" in changes[0]


def test_an_engine_is_kept_while_the_frames_lie_inside_of_it():
    """Between two engines, the nearer middle alone would change them to and fro."""
    engines = InstalledEngines(backend="openvino")
    chosen = [
        engines.suiting(frame(defocus_nm).metadata).condition.name
        for defocus_nm in (-18e6, -19e6, -18.9e6, None, -21.1e6, -22e6)
    ]
    assert chosen == ["far"] * 4 + ["farther"] * 2


def test_the_best_match_is_loaded_for_a_file():
    assert load_engine(metadata=frame(-18e6).metadata).condition.name == "far"
    assert load_engine(metadata=FrameMetadata()).condition.name == DEFAULT
