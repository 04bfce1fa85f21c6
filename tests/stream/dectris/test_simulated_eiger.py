"""The listener against a detector that others simulate: the Eiger of tickit-devices.

Its messages are those of a real EIGER2 16M, captured and sent anew under other numbers.
"""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from typing import Any

import numpy as np
import pytest

from skyrmlive.stream.dectris import DectrisListener
from skyrmlive.stream.frame import Frame

PYTHON = Path(__file__).parents[3] / ".venv" / "eiger" / "bin" / "python"
TIMEOUT_S = 60

pytest.importorskip("dectris.compression", reason="dectris-compression is not installed")
pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="no simulated detector; tools/setup_simulated_eiger.sh makes one"
)


class SimulatedEiger:
    """A control unit with its REST interface."""

    def __init__(self, folder: Path) -> None:
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket()) for _ in range(3)]
            for free in sockets:
                free.bind(("127.0.0.1", 0))
            rest, legacy, cbor = (free.getsockname()[1] for free in sockets)
        settings = {
            "type": "tickit_devices.eiger.Eiger",
            "name": "eiger",
            "inputs": {},
            "host": "127.0.0.1",
            "port": rest,
            "stream_host": "127.0.0.1",
            "stream_legacy_port": legacy,
            "stream_cbor_port": cbor,
        }
        path = folder / "eiger.yaml"
        path.write_text(json.dumps([settings]))  # JSON is YAML
        self.address = f"tcp://127.0.0.1:{cbor}"
        self._url = f"http://127.0.0.1:{rest}"
        self._log = folder / "eiger.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [PYTHON, "-m", "tickit", "all", path], stdout=log, stderr=subprocess.STDOUT
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                self.put("detector", "command/initialize")
                return
            except urllib.error.URLError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"The simulation is not there: {self._log.read_text()[-2000:]}")
                time.sleep(0.2)

    def put(self, part: str, key: str, value: Any = None) -> None:
        """Set a parameter, or give a command and wait until it is done."""
        request = urllib.request.Request(
            f"{self._url}/{part}/api/1.8.0/{key}",
            data=b"" if value is None else json.dumps({"value": value}).encode(),
            headers={"Content-Type": "application/json"},
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=TIMEOUT_S).close()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def eiger(tmp_path):
    eiger = SimulatedEiger(tmp_path)
    try:
        eiger.wait_until_ready()
        eiger.put("stream", "config/mode", "enabled")
        eiger.put("stream", "config/format", "cbor")
        eiger.put("detector", "config/trigger_mode", "ints")
        eiger.put("detector", "config/frame_time", 0.02)
        yield eiger
    finally:
        eiger.stop()


def receive(listener: DectrisListener, n: int) -> list[Frame]:
    frames: list[Frame] = []
    while len(frames) < n:
        batch = listener.receive(TIMEOUT_S, n - len(frames))
        assert batch, f"only {len(frames)} of {n} frames came"
        frames += [arrival.frame for arrival in batch]
    return frames


def wait_for_series(listener: DectrisListener, number: int) -> None:
    """Wait for a start message; what the simulation says at once it may put in one message."""
    deadline = time.monotonic() + TIMEOUT_S
    while listener.counters["series"] < number:
        assert time.monotonic() < deadline
        assert not listener.receive(0.05)


def test_series_of_a_simulated_detector_arrive_whole(eiger, context):
    series: list[list[Frame]] = []
    with DectrisListener(eiger.address, context=context) as listener:
        for n_images, header_detail in ((3, "basic"), (2, "all")):
            eiger.put("stream", "config/header_detail", header_detail)
            eiger.put("detector", "config/nimages", n_images)
            eiger.put("detector", "command/arm")
            wait_for_series(listener, len(series) + 1)
            eiger.put("detector", "command/trigger")
            series.append(receive(listener, n_images))
        counters = listener.counters
    assert counters == {"received": 5, "rejected": 0, "missing": 0, "series": 2}
    assert [[f.metadata.seq for f in frames] for frames in series] == [[0, 1, 2], [0, 1]]
    ids = [{f.metadata.model_extra["series_id"] for f in frames} for frames in series]
    assert ids == [{1}, {2}]
    frame = series[0][0]
    assert frame.shape == (4362, 4148)
    assert frame.pixels.dtype == np.uint16
    # The rows between the modules of this detector have no pixels, and are marked.
    assert np.any(np.all(frame.pixels == 65535, axis=1))
    assert np.median(frame.pixels) < 100
    assert frame.metadata.source == "Dectris EIGER2 Si 16M E-32-0117"
    assert frame.metadata.timestamp == pytest.approx(1696348069.434)
    assert frame.metadata.voltage_kv is None  # of X-rays
    assert frame.metadata.model_extra["incident_energy_ev"] == pytest.approx(13500.3, abs=0.1)
    assert frame.metadata.model_extra["threshold_energy_ev"] == pytest.approx(6750.1, abs=0.1)
    assert frame.metadata.model_extra["real_time_s"] == pytest.approx(215873 / 50e6)
