"""Where engines are: those shipped with the package, and the user's own."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from ..stream.errors import UserError
from ..stream.frame import FrameMetadata
from .bundle import MANIFEST, EngineBundle
from .engine import Engine
from .engine_choice import choose_engine

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
    name_or_path: str | None = None, *, metadata: FrameMetadata | None = None
) -> Engine:
    """Load an engine, verified and ready.

    Parameters
    ----------
    name_or_path
        As for `find_engine`.
    metadata
        Of a frame to come. Without a name, the best match among the installed engines is taken.

    Raises
    ------
    UserError
        There is no such engine, or its bundle is damaged.
    """
    if name_or_path is None and metadata is not None and len(list_engines()) > 1:
        bundles = [EngineBundle.load(path) for path in list_engines().values()]
        choice, _ = choose_engine(metadata, [bundle.condition for bundle in bundles])
        return Engine.from_bundle(next(b for b in bundles if b.condition is choice))
    return Engine.from_bundle(EngineBundle.load(find_engine(name_or_path)))
