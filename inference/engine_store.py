"""Where engines are: those shipped with the package, and the user's own."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import platformdirs

from ..stream.errors import UserError
from ..stream.frame import FrameMetadata
from .backends.selection import BackendName, Precision
from .bundle import MANIFEST, EngineBundle
from .condition_check import known_quantities
from .engine import Engine
from .engine_choice import choose_engine, is_inside

_log = logging.getLogger(__name__)

#: Folder of the user's own bundles, instead of the platform's data folder.
ENVIRONMENT_VARIABLE = "SKYRMLIVE_ENGINES"
SHIPPED = Path(__file__).parent / "engines"
#: What is taken where nothing is known about the frames.
DEFAULT = "neel-1to3mm"


def user_directory() -> Path:
    """Return the folder of the user's own bundles; it need not exist."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    return Path(platformdirs.user_data_dir("skyrmlive", appauthor=False)) / "engines"


def list_engines() -> dict[str, Path]:
    """Return the folders of all installed bundles by name, unverified.

    The default comes first, then the shipped ones, then the user's, each group in alphabetical
    order; a bundle of the user's replaces a shipped one of the same name.
    """
    found: dict[str, Path] = {}
    for root in (SHIPPED, user_directory()):
        if root.is_dir():
            folders = sorted(root.iterdir(), key=lambda path: (path.name != DEFAULT, path.name))
            found.update({path.name: path for path in folders if (path / MANIFEST).is_file()})
    return found


def find_engine(name_or_path: str | None = None) -> Path:
    """Return the folder of an engine.

    Parameters
    ----------
    name_or_path
        Name of an installed engine, or the folder of a bundle; None for the default.

    Raises
    ------
    UserError
        There is no such engine.
    """
    engines = list_engines()
    if name_or_path is None:
        if not engines:
            raise UserError(
                "No engine is installed; train one with `skyrmlive train`, "
                "or name a bundle's folder with --engine."
            )
        return next(iter(engines.values()))
    if name_or_path in engines:
        return engines[name_or_path]
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return path
    known = ", ".join(engines) or "none"
    raise UserError(
        f"There is no engine called {name_or_path!r} and no such folder; installed are: {known}."
    )


def load_engine(
    name_or_path: str | None = None,
    *,
    metadata: FrameMetadata | None = None,
    backend: BackendName = "auto",
    precision: Precision = "auto",
) -> Engine:
    """Load an engine, verified and ready.

    Parameters
    ----------
    name_or_path
        As for `find_engine`.
    metadata
        Of a frame to come. Without a name, the best match among the installed engines is taken.
    backend, precision
        See `make_backend`.

    Raises
    ------
    UserError
        There is no such engine, its bundle is damaged, or the backend cannot run here.
    """
    if name_or_path is None and metadata is not None:
        return InstalledEngines(backend, precision).suiting(metadata)
    bundle = EngineBundle.load(find_engine(name_or_path))
    return Engine.from_bundle(bundle, precision, backend=backend)


class InstalledEngines:
    """The engine that suits each frame, among the installed ones; loaded when it is first chosen.

    An engine is kept as long as the frames lie inside of its envelope, so that a condition between
    two engines does not change them with every frame. A frame of which nothing is known has the
    first engine, or that of the frames before, and does not bind those that follow.

    Raises
    ------
    UserError
        No engine is installed, or one is damaged.
    """

    def __init__(self, backend: BackendName = "auto", precision: Precision = "auto") -> None:
        find_engine()  # that there is one
        self._bundles = [EngineBundle.load(path) for path in list_engines().values()]
        self._backend: BackendName = backend
        self._precision: Precision = precision
        self._engines: dict[str, Engine] = {}
        self._current: Engine | None = None
        self._is_bound = False

    def suiting(self, metadata: FrameMetadata) -> Engine:
        """Return the engine for a frame; a change is logged with its reason."""
        current = self._current if self._is_bound else None
        if current is not None and is_inside(metadata, current.condition):
            return current
        conditions = [bundle.condition for bundle in self._bundles]
        choice, reason = choose_engine(metadata, conditions)
        bundle = next(each for each in self._bundles if each.condition is choice)
        engine = self._engines.get(choice.name)
        if engine is None:
            engine = Engine.from_bundle(bundle, self._precision, backend=self._backend)
            self._engines[choice.name] = engine
        if self._current is not None and engine is not self._current:
            _log.warning("From here on with the engine %s: %s.", engine.describe(), reason)
        self._current = engine
        self._is_bound = bool(known_quantities(metadata, choice))
        return engine
