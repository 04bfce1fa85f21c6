"""A file that only grows, by whole pieces."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .layout import write_error


class AppendOnlyFile:
    """A new file; a piece that the disk refuses is taken back, so that it can be tried again.

    Parameters
    ----------
    path
        The file, which must not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = 0
        self._file = path.open("xb", buffering=0)

    def append(self, piece: bytes, *, sync: bool) -> None:
        """Append `piece`; with `sync`, return only when it would survive a power cut.

        Raises
        ------
        RecordingError
            If the disk refuses (`DiskFull` where it is full); nothing of `piece` is left then.
        """
        try:
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]
            if sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            # What stays after all is a torn end, which readers leave out.
            with suppress(OSError):
                self._file.truncate(self._size)
                self._file.seek(self._size)
            raise write_error(self._path, error) from None
        self._size += len(piece)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
