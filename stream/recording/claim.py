"""Who may write to the folder of a recording: one at a time."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ..closing import Closing
from ..errors import UserError
from ..file_lock import try_lock
from .layout import LOCK, RecordingError, write_error


class Claim(Closing):
    """The right to write to a recording, until it is closed or its process ends.

    It is a lock of a file in the folder. One that a killed process has left there is free, so that
    a run that died is told from one that waits for frames.

    Attributes
    ----------
    path
        The folder.
    """

    def __init__(self, path: Path, *, is_new: bool) -> None:
        self.path = path
        lock = path / LOCK
        try:
            try:
                self._file, made = lock.open("xb"), True
            except FileExistsError:
                self._file, made = lock.open("ab"), False
        except OSError as error:
            raise write_error(path, error) from None
        try:
            is_free = try_lock(self._file)
        except OSError:  # no locks there: of a new recording, whoever makes the file has it
            is_free = made or not is_new
        if not is_free:
            self._file.close()
            raise RecordingError(f"{path} is being written at this moment; let that end first.")

    @classmethod
    def of_new(cls, path: Path) -> Claim:
        """Make a folder and claim it; it may exist if it is empty.

        Raises
        ------
        UserError
            If there is something in it, somebody else has claimed it, or it cannot be made.
        """
        try:
            existed = path.exists()
            path.mkdir(parents=True, exist_ok=True)
            occupied = _is_occupied(path)
        except OSError as error:
            raise write_error(path, error) from None
        if not occupied:
            try:
                claim = cls(path, is_new=True)
            except RecordingError:
                if not existed:
                    with contextlib.suppress(OSError):
                        path.rmdir()
                raise
            occupied = _is_occupied(path)  # while we came to claim it
            if not occupied:
                return claim
            claim.close()
        raise UserError(f"{path} is not empty; a recording never overwrites anything.")

    @classmethod
    def of_existing(cls, path: Path) -> Claim:
        """Claim a recording that nobody writes to any more.

        Raises
        ------
        RecordingError
            If somebody does.
        """
        return cls(path, is_new=False)

    def close(self) -> None:
        """Let others have the folder."""
        if self._file.closed:
            return
        if os.name == "nt":  # it removes no open file; elsewhere nobody is to take it meanwhile
            self._file.close()
        (self.path / LOCK).unlink(missing_ok=True)
        self._file.close()


def _is_occupied(path: Path) -> bool:
    return any(each.name != LOCK for each in path.iterdir())
