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


@pytest.mark.parametrize("tilt_deg", [20.0, 22.6])
@pytest.mark.parametrize("pixel_size_nm", [3.0, 6.0, None])
def test_a_file_and_a_stream_have_the_same_engine_where_the_defocus_is_unknown(
    pixel_size_nm, tilt_deg
):
    metadata = FrameMetadata(pixel_size_nm=pixel_size_nm, tilt_x_deg=tilt_deg)
    analyser = SkyrmionAnalyser(InstalledEngines(backend="openvino").suiting)
    pixels = blobs((192, 192), POINTS).astype(np.float32)
    streamed = analyser.analyse(Frame(pixels, metadata), 0, 0.0).summary.engine
    assert streamed == load_engine(metadata=metadata, backend="openvino").engine_id
    assert streamed.startswith(DEFAULT)


def test_what_a_run_starts_with_does_not_bind_its_first_frame():
    """At -3 mm both the default and another are inside; the nearer one is taken, as for a file."""
    engines = InstalledEngines(backend="openvino")
    assert engines.suiting(FrameMetadata()).condition.name == DEFAULT
    metadata = frame(-3.9e6).metadata.model_copy(update={"tilt_x_deg": 30.0})
    chosen = engines.suiting(metadata).condition.name
    assert chosen == load_engine(metadata=metadata, backend="openvino").condition.name


def test_the_best_match_is_loaded_for_a_file():
    assert load_engine(metadata=frame(-18e6).metadata).condition.name == "far"
    assert load_engine(metadata=FrameMetadata()).condition.name == DEFAULT
