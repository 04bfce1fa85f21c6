"""What an evaluation was made with, in a few letters that change with the content of files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from ...inference.bundle import RELIABILITY, EngineBundle
from ..dataset.film_store import FilmStore


def of_films(folder: Path) -> str:
    """Return that of a set: where its films come from, and the record of each."""
    store = FilmStore.open(folder)
    return _of([store.provenance.model_dump_json(), *map(repr, store.records())])


def of_pairs(folder: Path) -> str:
    """Return that of the images of a folder."""
    images = sorted(folder.glob("*.tif"))
    return _of(part for path in images for part in (path.name, path.read_bytes()))


def of_reliability(bundle: EngineBundle) -> str:
    """Return that of what an engine says of its own reliability, which its name does not tell."""
    return _of([bundle.files.get(RELIABILITY, b"")])


def _of(parts: Iterable[str | bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()[:16]
