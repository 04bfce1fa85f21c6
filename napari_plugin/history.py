"""The numbers of every frame of a run, in the order of the frames."""

from __future__ import annotations

import numpy as np

from ..stream.result import ResultSummary

#: What is kept of each frame; a value that a frame does not have is NaN.
COLUMNS = (
    "frame",
    "time_s",
    "temperature_k",
    "field_mt",
    "n_skyrmions",
    "mean_diameter_nm",
    "std_diameter_nm",
)
_FIRST_CAPACITY = 1024


class History:
    """A growing table of numbers, one row a frame, sorted by frame.

    Parameters
    ----------
    limit
        Rows kept at most; the older half goes when it is reached. The default holds an eight hour
        day at five frames a second.
    """

    def __init__(self, limit: int = 150_000) -> None:
        self._limit = limit
        self._rows = np.empty((min(_FIRST_CAPACITY, limit), len(COLUMNS)))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def clear(self) -> None:
        """Forget all rows."""
        self._length = 0

    def add(self, summary: ResultSummary) -> None:
        """Add one frame; a frame that is already known is replaced."""
        row = _row(summary)
        position = int(np.searchsorted(self._rows[: self._length, 0], row[0]))
        if position < self._length and self._rows[position, 0] == row[0]:
            self._rows[position] = row
            return
        if self._length == len(self._rows):
            position -= self._make_room()
        position = max(position, 0)
        self._rows[position + 1 : self._length + 1] = self._rows[position : self._length]
        self._rows[position] = row
        self._length += 1

    def column(self, name: str) -> np.ndarray:
        """Return one of `COLUMNS` for all frames, as float64 of shape (len(self),)."""
        return self._rows[: self._length, COLUMNS.index(name)]

    def _make_room(self) -> int:
        """Grow, or at the limit drop the older half; return the number of rows dropped."""
        if len(self._rows) < self._limit:
            rows = np.empty((min(2 * len(self._rows), self._limit), len(COLUMNS)))
            rows[: self._length] = self._rows[: self._length]
            self._rows = rows
            return 0
        dropped = (self._length + 1) // 2
        self._rows[: self._length - dropped] = self._rows[dropped : self._length].copy()
        self._length -= dropped
        return dropped


def _row(summary: ResultSummary) -> np.ndarray:
    time_s = summary.timestamp if summary.timestamp is not None else summary.received_at
    values = (
        summary.frame,
        time_s,
        summary.temperature_k,
        summary.field_mt,
        summary.n_skyrmions,
        summary.mean_diameter_nm,
        summary.std_diameter_nm,
    )
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
