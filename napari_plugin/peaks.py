"""Which rows of a long table hold the peaks of a column, without looking at all of it again."""

from __future__ import annotations

import numpy as np

#: Rows of which the least and the greatest value are remembered, as long as there are not more
#: blocks than this; then blocks become twice as long.
BLOCK_ROWS, MOST_BLOCKS = 16, 4096


class Peaks:
    """The rows of the least and the greatest value in every full block of a growing column."""

    def __init__(self) -> None:
        self._rows = np.empty((0, 2), np.int64)
        self._blocks = 0
        self._length = BLOCK_ROWS

    def forget(self, row: int) -> None:
        """Look again at everything from `row` on: it has changed."""
        self._blocks = min(self._blocks, row // self._length)
        if self._blocks == 0:
            self._length = BLOCK_ROWS

    def of(self, values: np.ndarray, start: int, stop: int, at_least: int) -> np.ndarray:
        """Return rows between `start` and `stop` with all peaks of `values` among them.

        Parameters
        ----------
        values
            The whole column, NaN where unknown.
        start, stop
            The rows meant.
        at_least
            So many rows are returned at least, if there are so many: all where blocks are too
            coarse for that.

        Returns
        -------
        numpy.ndarray
            Rising rows, int64. The first and the last are among them. A block that is unknown
            throughout gives rows where `values` is NaN.
        """
        while len(values) // self._length > MOST_BLOCKS:
            self._length, self._blocks = 2 * self._length, 0
        first, last = -(-start // self._length), stop // self._length
        if 2 * (last - first) < max(at_least, 1):
            return np.arange(start, stop)
        self._catch_up(values)
        inner = self._rows[first:last].ravel()
        inner = inner[np.diff(inner, prepend=-1) > 0]
        # The ends belong to it, also where a block begins or stops just there.
        before = np.arange(start, max(first * self._length, start + 1))
        after = np.arange(min(last * self._length, stop - 1), stop)
        inner = inner[(inner > before[-1]) & (inner < after[0])]
        return np.concatenate([before, inner, after])

    def _catch_up(self, values: np.ndarray) -> None:
        """Look at the blocks that are new or have changed."""
        whole = len(values) // self._length
        if whole == self._blocks:
            return
        if whole > len(self._rows):
            grown = np.empty((max(2 * len(self._rows), whole), 2), np.int64)
            grown[: self._blocks] = self._rows[: self._blocks]
            self._rows = grown
        firsts = np.arange(self._blocks, whole) * self._length
        new = values[self._blocks * self._length : whole * self._length].reshape(-1, self._length)
        known = np.isfinite(new)
        lowest = np.where(known, new, np.inf).argmin(axis=1)
        highest = np.where(known, new, -np.inf).argmax(axis=1)
        self._rows[self._blocks : whole, 0] = firsts + np.minimum(lowest, highest)
        self._rows[self._blocks : whole, 1] = firsts + np.maximum(lowest, highest)
        self._blocks = whole
