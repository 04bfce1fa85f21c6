"""Everything is readable on a laptop and at 4K, in the dark and in light."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.usefixtures("screen"), pytest.mark.timeout(400)]
OUTPUT = Path(__file__).parents[2] / "test-output"
PROGRAM = Path(__file__).with_name("shown_at_size.py")
SCREEN = Path(__file__).parents[2] / "tools" / "virtual_screen.sh"


@pytest.fixture(scope="module")
def shown(sweep_frame, tmp_path_factory):
    """A frame that the engine was not made for, in a file."""
    frame, result = sweep_frame(3)
    known = {"defocus_nm": -1.5e6, "tilt_x_deg": 20.0, "tilt_y_deg": 0.0, "voltage_kv": 200.0}
    result.metadata = result.metadata.model_copy(update=known)
    result.summary.engine = "neel-2mm-20deg@12345678"
    path = tmp_path_factory.mktemp("shown") / "frame.pickle"
    path.write_bytes(pickle.dumps((frame, result)))
    return path


@pytest.mark.parametrize(
    ("name", "screen_size", "scale", "window", "dock_width", "theme"),
    [
        ("laptop_narrow_dock", "1366x768", "1", (1366, 740), 420, "light"),
        ("4k", "3840x2160", "2", (1920, 1060), 560, "dark"),
    ],
)
def test_nothing_is_clipped(shown, name, screen_size, scale, window, dock_width, theme):
    OUTPUT.mkdir(exist_ok=True)
    png = OUTPUT / f"napari_{name}.png"
    words = [PROGRAM, shown, png, *window, dock_width, theme]
    command = [SCREEN, "--size", screen_size, sys.executable, *words]
    environment = os.environ | {"QT_SCALE_FACTOR": scale}
    done = subprocess.run(
        [str(word) for word in command], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["clipped"] == []
    assert answer["window"] == list(window)
    assert answer["ratio"] == float(scale)
    assert "neel-1to3mm suits better" in answer["warning"]
    assert png.stat().st_size > 50_000
