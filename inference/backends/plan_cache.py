"""Plans that this machine has built, kept in the user's own cache folder.

A plan is code. So none is taken from a bundle or from anybody else, and one that is not byte by
byte what was written here is built anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from ...stream.recording.layout import write_whole
from .cache_folder import cache_folder


def cache_key(*parts: object) -> str:
    """Return a file name for what is made from all these: model, device, driver, versions, ..."""
    text = "\0".join(part.hex() if isinstance(part, bytes) else str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def cached(key: str, build: Callable[[], bytes], directory: Path | None = None) -> bytes:
    """Return what is kept under `key`, or build and keep it.

    Where nothing can be written, as in a service without a home, it is built every time.
    """
    folder = cache_folder("plans") if directory is None else directory
    file = folder / f"{key}.plan"
    kept = _read(file)
    if kept is not None:
        return kept
    content = build()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(file, lambda stream: stream.write(hashlib.sha256(content).digest() + content))
    except OSError:
        pass
    return content


def _read(file: Path) -> bytes | None:
    """Return the content; None without one, one of another owner's, or a damaged one."""
    try:
        stored = file.read_bytes()
        if hasattr(os, "getuid") and file.stat().st_uid != os.getuid():
            return None
    except OSError:
        return None
    digest, content = stored[:32], stored[32:]
    return content if hashlib.sha256(content).digest() == digest else None
