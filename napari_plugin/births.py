"""How many skyrmions come and go between frames that were linked one after the other."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..stream.result import FrameResult

#: Frames for which the linking lets a skyrmion vanish and still be the same, so a track that was
#: not seen for one frame more has ended.
MEMORY_FRAMES = 2


@dataclass(frozen=True, slots=True)
class TrackChanges:
    """What one more frame tells about the tracks.

    Attributes
    ----------
    frame
        Number of the frame.
    births
        Tracks that start in it, None where that cannot be known.
    last_seen
        The frame, `MEMORY_FRAMES` + 1 earlier, of which the deaths are known now; None if none.
    deaths
        Tracks that were seen in frame `last_seen` for the last time, None if that is None.
    """

    frame: int
    births: int | None = None
    last_seen: int | None = None
    deaths: int | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    frame: int
    particles: np.ndarray
    countable: np.ndarray


class BirthCounter:
    """Counts births and deaths from the track numbers of successive results.

    A birth is a track that starts in a frame, a death one that ends in it: away from the border,
    where a skyrmion would only drift in or out of sight, and not as a stripe. Tracks are numbered
    in the order of their first appearance, so a number above all earlier ones is new. A skyrmion
    that the analysis misses for at most `MEMORY_FRAMES` frames neither dies nor is born.

    Nothing is said where it cannot be known: births of a frame whose predecessor was not linked,
    deaths of a frame unless the `MEMORY_FRAMES` + 1 frames after it were all linked. Frames that
    were caught up are passed over.
    """

    def __init__(self) -> None:
        self._window: deque[_Seen] = deque(maxlen=MEMORY_FRAMES + 2)
        self._kind: tuple[int, int] | None = None
        self._dtype: np.dtype | None = None
        self._highest = -1

    def follow(self, result: FrameResult, dtype: np.dtype | None = None) -> TrackChanges | None:
        """Take in the next result.

        Parameters
        ----------
        result
            Its table has the track numbers.
        dtype
            Pixel type of its frame, None where that is not known. Frames of another size or pixel
            type have tracks of their own.

        Returns
        -------
        TrackChanges or None
            None of a frame that is not linked, or that came just before.
        """
        summary = result.summary
        if summary.analysed == "caught-up":
            return None
        if self._window and summary.frame == self._window[-1].frame:
            return None
        self._start_anew_where_tracks_do(summary.frame, (summary.height, summary.width), dtype)
        if self._window and summary.frame != self._window[-1].frame + 1:
            self._window.clear()  # a gap: what happened in it has no frame

        seen = _seen(summary.frame, result.table)
        births = None
        if self._window:
            births = int(np.count_nonzero(seen.particles[seen.countable] > self._highest))
        self._window.append(seen)
        self._highest = max(self._highest, int(seen.particles.max(initial=-1)))
        if len(self._window) < MEMORY_FRAMES + 2:
            return TrackChanges(summary.frame, births)
        first, *later = self._window
        seen_again = np.isin(first.particles, np.concatenate([each.particles for each in later]))
        deaths = int(np.count_nonzero(first.countable & ~seen_again))
        return TrackChanges(summary.frame, births, first.frame, deaths)

    def _start_anew_where_tracks_do(
        self, frame: int, kind: tuple[int, int], dtype: np.dtype | None
    ) -> None:
        other_pixels = None not in (dtype, self._dtype) and dtype != self._dtype
        new_run = bool(self._window) and frame < self._window[-1].frame
        if new_run or kind != self._kind or other_pixels:
            self._window.clear()
            self._highest = -1
            self._dtype = None
        self._kind = kind
        self._dtype = self._dtype if dtype is None else dtype


def _seen(frame: int, table: pd.DataFrame) -> _Seen:
    linked = table["particle"].to_numpy() >= 0
    particles = table["particle"].to_numpy()[linked]
    left_out = table["touches_border"].to_numpy() | table["is_stripe"].to_numpy()
    return _Seen(frame, particles, ~left_out[linked])
