"""What holds for all tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No clock decides a test: a busy machine is no failure.
settings.register_profile("any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any pace")

# A background job of a shell ignores SIGINT, and so would the programs that tests stop by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Workers share the cores: threads of numpy and torch would wait for each other most of the time.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files of long tests start first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def network_address() -> str:
    """Return an address by which other computers know this one; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this computer has no network")
        host = probe.getsockname()[0]
    if host.startswith("127."):
        pytest.skip("this computer has no network")
    return host


@pytest.fixture
def disk_of_size(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Return a function that gives a file system of its own, of a size such as ``80k``.

    Given another size it grows to that.
    """
    disk = tmp_path / "disk"

    def of_size(size: str) -> Path:
        options = f"size={size}"
        if disk.exists():
            subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)
            return disk
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk]
        try:
            mounted = subprocess.run(mount, capture_output=True).returncode == 0
        except FileNotFoundError:
            mounted = False
        if not mounted:
            disk.rmdir()
            pytest.skip("needs the right to mount")
        return disk

    yield of_size
    if disk.exists():
        # lazily, as a thread of tensorstore may have a file open an instant longer
        subprocess.run(["umount", "--lazy", disk], check=True)
