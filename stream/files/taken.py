"""Which files were taken before, so that a watcher that starts again does not take them twice."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from pathlib import Path

from ..closing import Closing
from ..errors import UserError


class TakenFiles(Closing):
    """Paths of the files that were taken, one a line, in a file that survives a restart.

    A file that is added is written down when `write_all_but` says so, or at the end, unless that is
    an error: what was taken of it may yet be lost where it goes to.

    Parameters
    ----------
    path
        Where they are remembered; made if it is missing.

    Raises
    ------
    UserError
        If it cannot be read or written; `write_all_but` and `close` raise it, too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+", encoding="utf-8", errors="surrogateescape", newline="\n")
            self._file.seek(0)
            text = self._file.read()
            if text and not text.endswith("\n"):  # cut short in the middle of a line
                self._file.write("\n")
        except OSError as error:
            raise self._cannot_remember(error) from None
        self._known = set(text.splitlines())
        self._unwritten: deque[str] = deque()

    def __contains__(self, file: Path) -> bool:
        return _line(file) in self._known

    def add(self, file: Path) -> None:
        """Remember `file`."""
        line = _line(file)
        if line not in self._known:
            self._known.add(line)
            self._unwritten.append(line)

    def write_all_but(self, n_last: int) -> None:
        """Write down the files that were added, all but so many of the last."""
        try:
            while len(self._unwritten) > n_last:
                self._file.write(f"{self._unwritten.popleft()}\n")
            self._file.flush()
        except OSError as error:
            raise self._cannot_remember(error) from None

    def close(self) -> None:
        """Write down the last files, and close."""
        try:
            self.write_all_but(0)
        finally:
            with suppress(OSError):  # the same as was said just now
                self._file.close()

    def __exit__(self, kind: object = None, *_: object) -> None:
        if kind is not None:
            self._unwritten.clear()
        self.close()

    def _cannot_remember(self, error: OSError) -> UserError:
        return UserError(f"Cannot remember files in {self._path}: {error.strerror}.")


def _line(file: Path) -> str:
    # A name may hold any character on Linux; a line may not.
    return os.path.abspath(file).replace("\\", "/").replace("\n", "\\n").replace("\r", "\\r")
