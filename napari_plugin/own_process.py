"""Programs that are started from the window, and are not a part of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any


def start_apart(
    words: Sequence[str],
    errors: IO[Any],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[Any]:
    """Start a program that neither Ctrl-C in napari's terminal nor napari's end reaches.

    Parameters
    ----------
    words
        Its command line.
    errors
        What it writes to its standard error goes there; what else it writes goes nowhere.
    folder
        Where it works; None for where we do.
    environment
        Variables that it has besides ours.
    """
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        apart = {"creationflags": flags}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        words,
        stdin=quiet,
        stdout=quiet,
        stderr=errors,
        cwd=folder,
        env=os.environ | dict(environment or {}),
        **apart,
    )
