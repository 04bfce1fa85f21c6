"""Which files were taken before, so that a watcher that starts again does not take them twice."""

from __future__ import annotations

import os
from pathlib import Path

from ..closing import Closing
from ..errors import UserError


class TakenFiles(Closing):
    """Paths of the files that were taken, one a line, in a file that survives a restart.

    Parameters
    ----------
    path
        Where they are remembered; made if it is missing.

    Raises
    ------
    UserError
        If it cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+", encoding="utf-8", errors="surrogateescape", newline="\n")
            self._file.seek(0)
            text = self._file.read()
            if text and not text.endswith("\n"):  # cut short in the middle of a line
                self._file.write("\n")
        except OSError as error:
            raise UserError(f"Cannot remember files in {path}: {error.strerror}.") from None
        self._known = set(text.splitlines())

    def __contains__(self, file: Path) -> bool:
        return _line(file) in self._known

    def add(self, file: Path) -> None:
        """Remember `file`."""
        line = _line(file)
        if line not in self._known:
            self._known.add(line)
            self._file.write(f"{line}\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _line(file: Path) -> str:
    # A name may hold any character on Linux; a line may not.
    return os.path.abspath(file).replace("\\", "/").replace("\n", "\\n").replace("\r", "\\r")
