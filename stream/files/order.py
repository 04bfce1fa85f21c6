"""The order in which image files are taken, and Gatan's folders by the clock."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ..errors import UserError
from .readers import SUFFIXES
from .tvips import is_later_part

#: Gatan's in-situ recorder begins a folder for every hour, minute and second of a run.
_CLOCK_FOLDER = re.compile(r"(hour|minute|second)_\d+", re.IGNORECASE)
_ELAPSED = re.compile(r"hour_(\d+)/minute_(\d+)/second_(\d+)/[^/]*", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Return what to sort names by so that ``frame_2`` comes before ``frame_10``."""
    parts = _DIGITS.split(name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def is_clock_folder(name: str) -> bool:
    """Tell whether a folder of this name belongs to Gatan's in-situ layout."""
    return _CLOCK_FOLDER.fullmatch(name) is not None


def is_image(name: str, suffixes: Collection[str] = SUFFIXES) -> bool:
    """Tell whether a file of this name is an image to take; hidden files are not."""
    return os.path.splitext(name)[1].lower() in suffixes and not name.startswith(".")


def elapsed_s(file: Path) -> float | None:
    """Return the whole seconds since the start of the run that Gatan's folders state, if any."""
    match = _ELAPSED.fullmatch("/".join(file.parts[-4:]))
    if match is None:
        return None
    hours, minutes, seconds = map(float, match.groups())
    return 3600 * hours + 60 * minutes + seconds


def images_in(folder: Path) -> list[Path]:
    """Return the image files of a folder in natural order, those of Gatan's layout in time order.

    Raises
    ------
    UserError
        If the folder cannot be looked into.
    """
    try:
        return list(_walk(folder))
    except OSError as error:
        raise UserError(f"{folder} cannot be looked into: {error.strerror or error}.") from None


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: natural_key(entry.name))
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            if is_clock_folder(entry.name):
                yield from _walk(folder / entry.name)
        elif is_image(entry.name) and not is_later_part(entry.name):
            yield folder / entry.name
