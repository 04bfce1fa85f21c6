from __future__ import annotations

from pathlib import Path

import pytest

from skyrmlive.inference.bundle import EngineBundle, write_bundle
from skyrmlive.inference.engine import Engine

from .samples import CONDITION, tiny_model


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines") / "tiny"
    write_bundle(folder, CONDITION, tiny_model(), "# tiny\n")
    return folder


@pytest.fixture(autouse=True, scope="session")
def _own_caches(tmp_path_factory: pytest.TempPathFactory):
    """Keep the tests out of the user's caches and engines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("SKYRMLIVE_ENGINES", str(tmp_path_factory.mktemp("no-engines")))
        yield


@pytest.fixture(scope="session")
def tiny_engine(tiny_bundle: Path, _own_caches: None) -> Engine:
    return Engine.from_bundle(EngineBundle.load(tiny_bundle), threads=1)
