"""Waits for new image files in folders."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..errors import UserError
from .source import SUFFIXES


def watch(
    folders: Sequence[Path], *, poll_s: float = 0.5, keep_going: Callable[[], bool]
) -> Iterator[Path]:
    """Yield each image file once, as soon as its size stands still over two polls.

    Parameters
    ----------
    folders
        Folders to look into. Files already there are yielded first, in alphabetical order.
    poll_s
        Seconds between two looks.
    keep_going
        Asked at every poll; the iteration ends when it says False.

    Raises
    ------
    UserError
        If one of `folders` is not a folder.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder} is not a folder that can be watched.")
    done: set[Path] = set()
    sizes: dict[Path, int] = {}
    while keep_going():
        for file in _images_in(folders):
            if file in done:
                continue
            size = _size(file)
            if size and sizes.get(file) == size:
                done.add(file)
                del sizes[file]
                yield file
            else:
                sizes[file] = size
        time.sleep(poll_s)


def _images_in(folders: Sequence[Path]) -> list[Path]:
    return sorted(
        file for folder in folders for file in folder.iterdir() if file.suffix.lower() in SUFFIXES
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # renamed or removed between two looks
        return 0
