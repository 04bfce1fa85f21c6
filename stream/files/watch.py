"""Waits for new image files in folders, and for each until it is whole."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from .candidate import Candidate
from .folder_tree import FolderTree
from .order import natural_key

_log = logging.getLogger(__name__)
#: Files looked at in one go, lest thousands that are there already hold up the first of them.
_EXAMINED = 256


class FolderWatch:
    """Image files as they appear in folders, each once, in order and whole.

    The order is natural (``frame_2`` before ``frame_10``); Gatan's in-situ layout
    (``Hour_00/Minute_00/Second_00``) is followed, and its order is that of time. A file is whole
    when its size and time of writing stand still over `poll_s` and it is as long as its own header
    says. What was written before, and then moved into place, is taken at once.

    A file that is still being written holds those after it back, so that the order is kept, but no
    longer than `patience_s`. It is taken when it is whole after all. When it has stood still for so
    long without being whole, this is said once.

    Parameters
    ----------
    folders
        Folders to look into. Files already there come first.
    poll_s
        Seconds for which a file must stand still; a look is worth it so often.
    patience_s
        Seconds for which an unfinished file may hold back the others, or stand still unnoticed.

    Raises
    ------
    UserError
        If one of `folders` is not a folder.
    """

    def __init__(
        self, folders: Sequence[Path], *, poll_s: float = 0.5, patience_s: float = 5.0
    ) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise UserError(f"{folder} is not a folder that can be watched.")
        self.vanished = 0
        self._tree = FolderTree(list(dict.fromkeys(folders)))
        self._poll_s = poll_s
        self._patience_s = patience_s
        self._waiting: list[Candidate] = []
        self._stuck: list[Candidate] = []

    @property
    def n_waiting(self) -> int:
        """Number of files that are there and were not returned yet."""
        return len(self._waiting) + len(self._stuck)

    def look(self) -> list[Path]:
        """Return the files that have become whole, in order."""
        now = time.monotonic()
        new = [Candidate(file, natural_key(str(file))) for file in self._tree.new_files()]
        whole = self._recovered(now)
        self._add(new)
        left: list[Candidate] = []
        held = False
        for candidate in self._waiting[:_EXAMINED]:
            finished = self._is_finished(candidate, now)
            if finished is None:
                continue
            if finished and not held:
                whole.append(candidate.path)
            elif finished or now - candidate.still_since <= self._patience_s:
                left.append(candidate)
                held = held or now - candidate.first_seen_at <= self._patience_s
            else:
                self._give_up(candidate)
        self._waiting[:_EXAMINED] = left
        return whole

    def put_back(self, file: Path) -> None:
        """Return `file` once more when it is whole, since it could not be read or has grown.

        If it is not there any more, it is counted in `vanished`.
        """
        self._add([Candidate(file, natural_key(str(file)), was_whole=True)])

    def _add(self, candidates: Sequence[Candidate]) -> None:
        if candidates:
            self._waiting += candidates
            self._waiting.sort(key=lambda candidate: candidate.key)

    def _is_finished(self, candidate: Candidate, now: float) -> bool | None:
        """Tell whether a file can be read; None if it is not there any more."""
        try:
            return candidate.is_finished(now, self._poll_s, self._tree.changed_at)
        except FileNotFoundError:
            self._tree.forget(candidate.path)
            self.vanished += candidate.was_whole
            return None
        except OSError as error:
            _log.debug("%s cannot be looked at: %s", candidate.path, error)
            return False

    def _give_up(self, candidate: Candidate) -> None:
        _log.warning(
            "%s has stood still for %g s and is not a whole file; it is waited for.",
            candidate.path,
            self._patience_s,
        )
        self._stuck.append(candidate)

    def _recovered(self, now: float) -> list[Path]:
        """Return the files that were given up and are whole now."""
        states = [(candidate, self._is_finished(candidate, now)) for candidate in self._stuck]
        self._stuck = [candidate for candidate, finished in states if finished is False]
        return [candidate.path for candidate, finished in states if finished]
