"""`skyrmlive doctor` and `skyrmlive engines` as a user sees them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest


def skyrmlive(*words: object, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "skyrmlive.cli.main", *map(str, words)],
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "SKYRMLIVE_ENGINES": str(home / "engines"),
            "COLUMNS": "200",
        },
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_the_doctor_says_what_runs_and_how_fast(home):
    run = skyrmlive("doctor", "--side", 512, "--backend", "openvino", home=home)
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


def test_an_engine_goes_out_and_comes_back(home):
    archive = home / "engine.zip"
    run = skyrmlive("engines", "export", "neel-2mm-20deg", archive, home=home)
    assert run.returncode == 0, run.stderr
    run = skyrmlive("engines", "import", archive, home=home)
    assert run.returncode == 2
    assert "There is an engine neel-2mm-20deg already" in run.stderr
    run = skyrmlive("engines", "import", archive, "--replace", home=home)
    assert run.returncode == 0, run.stderr
    assert (home / "engines" / "neel-2mm-20deg" / "model.onnx").is_file()
    run = skyrmlive("engines", "verify", home=home)
    assert run.stdout.count("files as in the manifest") == 2
    run = skyrmlive("engines", "build", "neel-2mm-20deg", "--side", 256, home=home)
    assert "the first frame of 256x256 pixels took" in run.stdout
    run = skyrmlive("engines", "remove", "neel-2mm-20deg", home=home)
    assert run.returncode == 0
    run = skyrmlive("engines", "remove", "neel-2mm-20deg", home=home)
    assert run.returncode == 2
    assert "came with the program" in run.stderr


@pytest.mark.parametrize("words", [("remove",), ("export", "neel-1to3mm"), ("import",)])
def test_what_is_missing_is_told(home, words):
    run = skyrmlive("engines", *words, home=home)
    assert run.returncode == 2
    assert run.stderr.startswith("skyrmlive: `engines ")
    assert "Traceback" not in run.stderr
