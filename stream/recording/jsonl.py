"""Files of JSON lines that are appended to, and read while they grow or after a crash."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .appending import AppendOnlyFile
from .layout import RecordingError


class JsonLinesWriter:
    """Appends JSON objects, one a line; a line without its end is not valid.

    Parameters
    ----------
    path
        The file, which must not exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = AppendOnlyFile(path)

    def append(self, lines: Sequence[str], *, sync: bool) -> None:
        """Append JSON texts; with `sync`, return only when they would survive a power cut.

        Raises
        ------
        RecordingError
            If the disk refuses; none of the lines is left then.
        """
        self._file.append("".join(f"{line}\n" for line in lines).encode(), sync=sync)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class JsonLinesReader:
    """Random access to the complete lines of a file.

    Only the places of the lines are kept in memory. A torn last line does not count.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ends = array("q", [0])
        self.refresh()

    def refresh(self) -> None:
        """Find the lines that were completed since the last look."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            end = file.seek(self._ends[-1])
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                self._ends.append(end)

    @property
    def n_bytes(self) -> int:
        """Length of the complete lines."""
        return self._ends[-1]

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not 0 <= index < len(self):
            raise IndexError(f"{self._path} has {len(self)} lines, not {index + 1}.")
        with self._path.open("rb") as file:
            file.seek(self._ends[index])
            line = file.read(self._ends[index + 1] - self._ends[index])
        return self._sound(_parsed(line), index)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self._sound(document, index) for index, document in self.since(0))

    def since(self, start: int) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Yield the number of each line from `start` on, and the line; None for a damaged one.

        This reads them faster than one by one.
        """
        end = len(self)
        if start >= end:
            return
        with self._path.open("rb") as file:
            file.seek(self._ends[start])
            for index in range(start, end):
                yield index, _parsed(file.readline())

    def damage(self, index: int) -> str:
        """Return the sentence that names line number `index` as damaged."""
        return f"Line {index + 1} of {self._path} is damaged."

    def _sound(self, document: dict[str, Any] | None, index: int) -> dict[str, Any]:
        if document is None:
            raise RecordingError(self.damage(index))
        return document


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
