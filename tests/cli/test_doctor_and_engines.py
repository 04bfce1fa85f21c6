"""`skyrmlive doctor` and `skyrmlive engines` as a user sees them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from skyrmlive.inference.engine_store import SHIPPED


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder without engines and caches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SKYRMLIVE_ENGINES", str(tmp_path / "engines"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_the_doctor_says_what_runs_and_how_fast(home):
    """In a process of its own: other tests may have used the libraries that it looks for."""
    words = ("doctor", "--side", "512", "--backend", "openvino")
    run = subprocess.run(
        [sys.executable, "-m", "skyrmlive.cli.main", *words], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    told = dict(re.findall(r"^(\w[\w ]*?)  +(.*)$", run.stdout, re.MULTILINE))
    assert "cores" in told["computer"]
    assert told["engine"].startswith("neel-1to3mm@")
    assert told["runs on"].startswith("OpenVINO")
    speed = re.match(
        r"512x512 with (\d+) skyrmions, (\d+) of them found: (\d+) ms a frame", told["speed"]
    )
    assert speed is not None
    drawn, found, latency = map(int, speed.groups())
    assert drawn > 70
    assert found > 0.8 * drawn
    assert latency > 0
    if told["GPU"].startswith("no NVIDIA"):
        assert "An NVIDIA GPU with 'skyrmlive[tensorrt-rtx]'" in run.stdout


def test_an_engine_goes_out_and_comes_back(home, skyrmlive, refusal):
    archive = home / "engine.zip"
    skyrmlive("engines", "export", "neel-2mm-20deg", archive)
    told = refusal("engines", "import", archive)
    assert "There is an engine neel-2mm-20deg already" in told
    skyrmlive("engines", "import", archive, "--replace")
    assert (home / "engines" / "neel-2mm-20deg" / "model.onnx").is_file()
    shipped = len(list(SHIPPED.iterdir()))
    assert skyrmlive("engines", "verify").count("files as in the manifest") == shipped
    built = skyrmlive("engines", "build", "neel-2mm-20deg", "--side", 256)
    assert "the first frame of 256x256 pixels took" in built
    skyrmlive("engines", "remove", "neel-2mm-20deg")
    assert "came with the program" in refusal("engines", "remove", "neel-2mm-20deg")


@pytest.mark.parametrize("words", [("remove",), ("export", "neel-1to3mm"), ("import",)])
def test_what_is_missing_is_told(refusal, words):
    assert refusal("engines", *words).startswith("skyrmlive: `engines ")
