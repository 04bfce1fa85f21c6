"""Where the skyrmions have been lately."""

from __future__ import annotations

from collections import deque

import numpy as np
import pandas as pd


class Tails:
    """Positions of the tracked skyrmions in a recent window of frames.

    Parameters
    ----------
    window
        Frames that a tail reaches back.
    vertex_limit
        Vertices kept at most over the whole window; in dense frames the tails become shorter.
    """

    def __init__(self, window: int = 25, vertex_limit: int = 20_000) -> None:
        self._window = window
        self._vertex_limit = vertex_limit
        self._recent: deque[tuple[int, np.ndarray]] = deque()
        self._vertex_count = 0

    def clear(self) -> None:
        """Forget all positions."""
        self._recent.clear()
        self._vertex_count = 0

    def add(self, frame: int, table: pd.DataFrame) -> None:
        """Add the linked skyrmions of frame number `frame`."""
        vertices = table.loc[table["particle"] >= 0, ["particle", "y", "x"]].to_numpy(np.float64)
        self._recent.append((frame, vertices))
        self._vertex_count += len(vertices)
        while len(self._recent) > 1 and (
            self._recent[0][0] <= frame - self._window or self._vertex_count > self._vertex_limit
        ):
            self._vertex_count -= len(self._recent.popleft()[1])

    def vertices(self) -> np.ndarray:
        """Return the tails, laid out as napari's Tracks layer wants them.

        Returns
        -------
        numpy.ndarray
            float64 of shape (n, 4): track number, time, y, x in pixels. Time runs from 0, at the
            far end of the window, to 1.
        """
        if not self._vertex_count:
            return np.empty((0, 4))
        newest = self._recent[-1][0]
        parts = []
        for frame, vertices in self._recent:
            time = max(0.0, 1 - (newest - frame) / self._window)
            parts.append(np.insert(vertices, 1, time, axis=1))
        return np.concatenate(parts)
