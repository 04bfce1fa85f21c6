"""The results in a recording, frame by frame.

A line that is damaged, as a power cut may leave one, costs the result of its frame and no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import pyarrow as pa

from .jsonl import JsonLinesReader
from .layout import RESULTS, TABLE
from .table_stream import TableReader


class ResultReader:
    """Finds the results of frames, in whatever order they were written.

    Parameters
    ----------
    path
        Directory of the recording.
    """

    def __init__(self, path: Path) -> None:
        self._lines = JsonLinesReader(path / RESULTS)
        self._tables = TableReader(path / TABLE)
        self._line_of: dict[int, int] = {}
        self._failed: set[int] = set()
        self._labelled: set[int] = set()
        self._damaged: list[int] = []
        self._seen = 0
        self.refresh()

    def refresh(self) -> None:
        """Take notice of what was appended since."""
        self._lines.refresh()
        self._tables.refresh()
        for number, entry in self._lines.since(self._seen):
            if not _is_of_a_frame(entry):
                self._damaged.append(number)
                continue
            frame = entry["frame"]
            self._line_of[frame] = number
            (self._failed.add if "error" in entry else self._failed.discard)(frame)
            if entry.get("labels"):
                self._labelled.add(frame)
        self._seen = len(self._lines)

    @property
    def frames(self) -> list[int]:
        """Frames that have a result, in their order."""
        return sorted(self._line_of.keys() - self._failed)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of all frames, analysed or failed, in the order of the frames."""
        return (self._lines[self._line_of[frame]] for frame in sorted(self._line_of))

    def entry(self, frame: int) -> dict[str, Any] | None:
        """Return the line of one frame, analysed or failed; None if it has none."""
        number = self._line_of.get(frame)
        return None if number is None else self._lines[number]

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield all lines as they were written; a later one of the same frame replaces an earlier.

        This is faster than `entries`.
        """
        return (entry for _, entry in self._lines.since(0) if _is_of_a_frame(entry))

    def damage(self) -> list[str]:
        """Return which lines are damaged, one sentence each; their frames have no result."""
        return [self._lines.damage(number) for number in self._damaged]

    def failures(self) -> dict[int, str]:
        """Return the frames that could not be analysed, and why."""
        failed = sorted(self._failed)
        return {frame: self._lines[self._line_of[frame]]["error"] for frame in failed}

    def table(self, frame: int) -> pa.RecordBatch:
        """Return the rows of one frame, columns as `TABLE_DTYPES`."""
        return self._tables.table(frame)

    def has_labels(self, frame: int) -> bool:
        """Say whether the frame has a label image."""
        return frame in self._labelled


def _is_of_a_frame(entry: dict[str, Any] | None) -> TypeGuard[dict[str, Any]]:
    return entry is not None and isinstance(entry.get("frame"), int)
