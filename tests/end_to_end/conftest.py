from __future__ import annotations

from pathlib import Path

import pytest

from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import load_engine
from skyrmlive.stream.demo_sweep import camera_frames
from skyrmlive.stream.frame import Frame


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine that a user gets who names none."""
    return load_engine()


@pytest.fixture(scope="session")
def sweep() -> list[Frame]:
    """The demo's series of 64 frames."""
    return list(camera_frames())


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real images of others, which lie beside the repository where they are at hand."""
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder with real data is not here")
    return folder
