"""The numbers of every frame of a run, in the order of the frames."""

from __future__ import annotations

import numpy as np

from ..stream.result import ResultSummary
from .births import TrackChanges
from .peaks import Peaks

#: What is kept of each frame; a value that a frame does not have is NaN.
COLUMNS = (
    "frame",
    "time_s",
    "temperature_k",
    "field_mt",
    "n_skyrmions",
    "n_stripes",
    "mean_diameter_nm",
    "mean_diameter_low_nm",
    "mean_diameter_high_nm",
    "std_diameter_nm",
    "density_per_um2",
    "mean_psi6_abs",
    "births",
    "deaths",
)
_CHANGES = slice(COLUMNS.index("births"), None)
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
        # Column by column: a curve then reads one piece of memory.
        self._values = np.empty((len(COLUMNS), min(_FIRST_CAPACITY, limit)))
        self._length = 0
        self._peaks: dict[str, Peaks] = {}

    def __len__(self) -> int:
        return self._length

    def clear(self) -> None:
        """Forget all rows."""
        self._length = 0
        self._changed(0)

    def copy(self) -> History:
        """Return a history of its own with the same rows."""
        other = History(self._limit)
        other._values = self._values[:, : max(self._length, 1)].copy()
        other._length = self._length
        return other

    def add(self, summary: ResultSummary) -> None:
        """Add one frame; a frame that is already known is replaced, but for births and deaths."""
        row = _row(summary)
        position = self._position(row[0])
        if self._is_known(position, row[0]):
            row[_CHANGES] = self._values[_CHANGES, position]
            self._values[:, position] = row
            self._changed(position)
            return
        if self._length == self._values.shape[1]:
            position -= self._make_room()
        position = max(position, 0)
        values, end = self._values, self._length
        if position < end:
            values[:, position + 1 : end + 1] = values[:, position:end]
            self._changed(position)
        values[:, position] = row
        self._length += 1

    def note(self, changes: TrackChanges) -> None:
        """Enter births and deaths at their frames; frames without a row are passed over."""
        for name, frame, count in (
            ("births", changes.frame, changes.births),
            ("deaths", changes.last_seen, changes.deaths),
        ):
            if frame is None or count is None:
                continue
            position = self._position(frame)
            if self._is_known(position, frame):
                self._values[COLUMNS.index(name), position] = count
                self._changed(position, name)

    def column(self, name: str) -> np.ndarray:
        """Return one of `COLUMNS` for all frames, as float64 of shape (len(self),)."""
        return self._values[COLUMNS.index(name), : self._length]

    def peaks(self, name: str, rows: slice, at_least: int) -> np.ndarray:
        """Return which of `rows` to look at for the peaks of a column, as `Peaks.of` does.

        The work for it goes with what has come since the last call, not with the whole history.
        """
        peaks = self._peaks.setdefault(name, Peaks())
        return peaks.of(self.column(name), rows.start, rows.stop, at_least)

    def _changed(self, position: int, name: str = "") -> None:
        """Note that rows from `position` on are others, of one column or of all."""
        for column, peaks in self._peaks.items():
            if name in ("", column):
                peaks.forget(position)

    def _position(self, frame: float) -> int:
        return int(np.searchsorted(self._values[0, : self._length], frame))

    def _is_known(self, position: int, frame: float) -> bool:
        return position < self._length and self._values[0, position] == frame

    def _make_room(self) -> int:
        """Grow, or at the limit drop the older half; return the number of rows dropped."""
        capacity = self._values.shape[1]
        if capacity < self._limit:
            values = np.empty((len(COLUMNS), min(2 * capacity, self._limit)))
            values[:, : self._length] = self._values[:, : self._length]
            self._values = values
            return 0
        dropped = (self._length + 1) // 2
        self._values[:, : self._length - dropped] = self._values[:, dropped : self._length].copy()
        self._length -= dropped
        self._changed(0)
        return dropped


def _row(summary: ResultSummary) -> np.ndarray:
    time_s = summary.timestamp if summary.timestamp is not None else summary.received_at
    values = (
        summary.frame,
        time_s,
        summary.temperature_k,
        summary.field_mt,
        summary.n_skyrmions,
        summary.n_stripes,
        summary.mean_diameter_nm,
        summary.mean_diameter_low_nm,
        summary.mean_diameter_high_nm,
        summary.std_diameter_nm,
        summary.density_per_um2,
        summary.mean_psi6_abs,
        None,  # births and deaths are noted later
        None,
    )
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
