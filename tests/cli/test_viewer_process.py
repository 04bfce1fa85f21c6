"""The window as a process: opened, connected, closed. What it shows is tested in napari_plugin."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from skyrmlive.cli.viewer_process import ViewerProcess
from skyrmlive.stream.publisher import ResultPublisher

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("napari") is None, reason="needs the extra 'viewer'"
)


def test_the_window_comes_up_listening_and_goes_on_a_signal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("NAPARI_CONFIG", str(tmp_path / "napari.yaml"))
    before = signal.getsignal(signal.SIGTERM)

    def ask_to_stop() -> None:
        while signal.getsignal(signal.SIGTERM) is before:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    with ResultPublisher("tcp://127.0.0.1:*") as publisher, ViewerProcess(publisher) as window:
        window.wait_until_listening()
        assert publisher.has_subscribers()
        asking = threading.Thread(target=ask_to_stop, daemon=True)
        asking.start()
        window.wait_until_closed()
        asking.join()
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_window_watches_an_address_on_the_network_that_was_allowed_without_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, network_address: str
):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("NAPARI_CONFIG", str(tmp_path / "napari.yaml"))
    address = f"tcp://{network_address}:*"
    with ResultPublisher(address, insecure=True) as publisher, ViewerProcess(publisher) as window:
        window.wait_until_listening()
