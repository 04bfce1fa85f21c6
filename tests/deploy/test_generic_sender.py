"""The five-line camera, run as it is."""

from __future__ import annotations

import subprocess
import sys

import numpy as np


def test_the_file_as_it_is_is_a_camera(deploy, listener, receive):
    run = subprocess.run(
        [sys.executable, deploy / "generic_sender.py", listener.address],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    (frame,) = receive(1)
    assert frame.shape == (512, 512)
    assert frame.pixels.dtype == np.uint16
    assert listener.counters["rejected"] == 0
