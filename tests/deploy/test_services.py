"""The units are what systemd accepts, and what they start exists and works."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

PROGRAM = "/opt/skyrmlive/bin/skyrmlive"
OURS = str(Path(sys.executable).parent / "skyrmlive")
UNITS = ("skyrmlive-serve.service", "skyrmlive-watch.service")


def unit(deploy: Path, name: str) -> str:
    text = (deploy / "systemd" / name).read_text("utf-8")
    assert PROGRAM in text
    return text.replace(PROGRAM, OURS)


def start_of(deploy: Path, name: str) -> str:
    """Return the command line of the unit as a shell takes it."""
    (command,) = re.findall(r"^ExecStart=(.*)$", unit(deploy, name), re.MULTILINE)
    return "exec " + command.replace("%%", "%")


def settings(deploy: Path, name: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("[env]\n" + (deploy / "systemd" / name).read_text("utf-8"))
    return dict(parser["env"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_accepts_the_units(deploy, name, tmp_path):
    (tmp_path / name).write_text(unit(deploy, name), "utf-8")
    run = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_the_watcher_sends_what_appears_and_stops_cleanly(deploy, listener, receive, tmp_path):
    image = np.arange(12, dtype=np.uint16).reshape(3, 4)
    tifffile.imwrite(tmp_path / "a.tif", image)
    chosen = settings(deploy, "watch.env")
    chosen |= {"FOLDER": str(tmp_path), "ADDRESS": listener.address}
    state = tmp_path / "state"
    command = start_of(deploy, "skyrmlive-watch.service").replace("%S", str(state))
    process = subprocess.Popen(
        ["sh", "-c", command],
        env=os.environ | chosen,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        (first,) = receive(1)
        tifffile.imwrite(tmp_path / "b.tif", image + 1)
        (second,) = receive(1)
    finally:
        assert "KillSignal=SIGINT" in unit(deploy, "skyrmlive-watch.service")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "frames sent to" in output  # a signal may come before the last one is counted
    assert np.array_equal(first.pixels, image)
    assert np.array_equal(second.pixels, image + 1)
    assert first.metadata.pixel_size_nm == 3
    assert str(tmp_path / "a.tif") in (state / "skyrmlive-watch/sent.txt").read_text().splitlines()


def test_serve_begins_a_folder_at_every_start(deploy, tmp_path):
    """With another program in its place, since `serve` itself is tested elsewhere."""
    command = start_of(deploy, "skyrmlive-serve.service").replace("exec " + OURS, "echo")
    command = command.replace("/srv/skyrmlive", str(tmp_path))
    chosen = settings(deploy, "serve.env") | {"OPTIONS": "--engine neel-1to3mm"}
    run = subprocess.run(
        ["sh", "-c", command], env=os.environ | chosen, capture_output=True, text=True, timeout=60
    )
    words = run.stdout.split()
    assert words[0] == "serve"
    assert words[-2:] == ["--engine", "neel-1to3mm"]
    folder = words[words.index("--record") + 1]
    assert re.fullmatch(re.escape(str(tmp_path)) + r"/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d", folder)
    assert words[words.index("--listen") + 1] == "tcp://127.0.0.1:5555"
