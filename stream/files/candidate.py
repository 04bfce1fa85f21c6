"""A file that has appeared and may still be growing."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .readers import is_whole

#: A file that stands still for t seconds and is not whole is opened again after this share of t.
_REST = 0.25


@dataclass(slots=True)
class Candidate:
    """A file, and since when it stands still.

    Attributes
    ----------
    path
        The file.
    key
        Its place in the order.
    still_since
        `time.monotonic` at which it was seen to change last.
    was_whole
        Whether it was found whole once already.
    """

    path: Path
    key: Any
    still_since: float
    was_whole: bool = False
    _seen: tuple[int, int] | None = None
    _whole: tuple[int, int] | None = None
    _opened_at: float = -math.inf

    def is_finished(self, now: float, poll_s: float) -> bool:
        """Tell whether the file stands still and is whole by its own header.

        Parameters
        ----------
        now
            `time.monotonic` of this look.
        poll_s
            Seconds for which it must stand still, or have been left alone before it was moved here.

        Raises
        ------
        OSError
            If the file is not there, or its folder cannot be reached.
        """
        stat = os.stat(self.path)  # what a listing says of open files is out of date on Windows
        seen = stat.st_size, stat.st_mtime_ns
        is_still = self._seen is None and self._was_moved_here(stat, poll_s)
        if seen != self._seen:
            self._seen = seen
            self.still_since = now
        elif now - self.still_since >= poll_s:
            is_still = True
        if not is_still:
            return False
        if self._whole != seen and now - self._opened_at >= _REST * (now - self.still_since):
            self._opened_at = now
            self._whole = seen if is_whole(self.path) else None
        return self._whole == seen

    def _was_moved_here(self, stat: os.stat_result, poll_s: float) -> bool:
        """Tell whether it was last written well before its folder last changed.

        Both times are of the same clock, that of the disk or share.
        """
        return stat.st_mtime + poll_s <= os.stat(self.path.parent).st_mtime
