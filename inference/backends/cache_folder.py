"""Where compiled networks are kept: the user's own cache folder."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def cache_folder(name: str) -> Path:
    """Return the folder of one kind of compilation; it need not exist."""
    return Path(platformdirs.user_cache_dir("skyrmlive", appauthor=False)) / name
