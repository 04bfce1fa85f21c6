"""Finds the image files that appear in folders, cheaply enough to look twice a second."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path

from .order import is_clock_folder, is_image, natural_key
from .readers import WATCHED_SUFFIXES

_log = logging.getLogger(__name__)
#: A folder without news for t seconds is listed again after this share of t, at most so late.
_REST = 0.25
_LONGEST_REST_S = 30.0
#: Sub-folders at the end of a folder in which the recorder may be writing.
_CURRENT = 2


class FolderTree:
    """Folders, and the folders of Gatan's in-situ layout within them.

    A folder is listed when its modification time has changed. Since some file systems do not keep
    that time, it is also listed now and then without: the more rarely, the longer it brought
    nothing new. Of the folders of hours, minutes and seconds only the last two of each are looked
    at every time.

    Parameters
    ----------
    folders
        Where to look.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._roots = [_Folder(folder) for folder in folders]

    def new_files(self) -> list[Path]:
        """Return the image files that were not there before, in no particular order."""
        now = time.monotonic()
        return [file for root in self._roots for file in root.look(now, current=True)]

    @property
    def changed_at(self) -> float:
        """When a folder last changed, by the clock of its disk or share, in Unix seconds."""
        return 1e-9 * max(root.changed_at_ns for root in self._roots)

    def forget(self, file: Path) -> None:
        """Take a file of this name for a new one when it is there again."""
        for root in self._roots:
            root.forget(file)


class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._names: set[str] = set()
        self._subfolders: list[_Folder] = []
        self.changed_at_ns = 0
        self._listed_mtime_ns = -1
        self._news_at = -math.inf
        self._rests_until = -math.inf
        self._unreachable = False

    def look(self, now: float, *, current: bool) -> list[Path]:
        is_due = now >= self._rests_until
        if not (is_due or current):
            return []
        found: list[Path] = []
        try:
            mtime_ns = os.stat(self.path).st_mtime_ns
            if is_due or mtime_ns != self._listed_mtime_ns:
                found += self._list(now)
                self._listed_mtime_ns = mtime_ns
            self.changed_at_ns = max(self.changed_at_ns, mtime_ns)
            self._unreachable = False
        except OSError as error:
            if not self._unreachable:
                _log.warning("%s cannot be looked into: %s.", self.path, error.strerror or error)
            self._unreachable = True
        finished = len(self._subfolders) - _CURRENT
        for position, folder in enumerate(self._subfolders):
            found += folder.look(now, current=position >= finished)
            self.changed_at_ns = max(self.changed_at_ns, folder.changed_at_ns)
        if found:
            self._news_at = self._rests_until = now
        return found

    def forget(self, file: Path) -> None:
        if file.parent == self.path:
            self._names.discard(file.name)
        for folder in self._subfolders:
            if file.is_relative_to(folder.path):
                folder.forget(file)

    def _list(self, now: float) -> list[Path]:
        found: list[Path] = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                name = entry.name
                if name in self._names:
                    continue
                if is_image(name, WATCHED_SUFFIXES) and entry.is_file():
                    found.append(self.path / name)
                elif is_clock_folder(name) and entry.is_dir():
                    self._subfolders.append(_Folder(self.path / name))
                    self._subfolders.sort(key=lambda folder: natural_key(folder.path.name))
                    self._news_at = now
                else:
                    continue
                self._names.add(name)
        self._rests_until = now + min(_REST * (now - self._news_at), _LONGEST_REST_S)
        return found
