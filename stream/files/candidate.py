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
    first_seen_at, still_since
        `time.monotonic` at which it was looked at first, and seen to change last.
    was_whole
        Whether it was found whole once already.
    """

    path: Path
    key: Any
    first_seen_at: float = math.inf
    still_since: float = math.inf
    was_whole: bool = False
    _seen: tuple[int, int] | None = None
    _whole: tuple[int, int] | None = None
    _opened_at: float = -math.inf

    def is_finished(self, now: float, poll_s: float, disk_time: float) -> bool:
        """Tell whether the file stands still and is whole by its own header.

        Parameters
        ----------
        now
            `time.monotonic` of this look.
        poll_s
            Seconds for which it must stand still.
        disk_time
            A recent time by the clock of its disk or share, in Unix seconds. What was written well
            before needs no second look.

        Raises
        ------
        OSError
            If the file is not there, or cannot be reached.
        """
        stat = os.stat(self.path)  # what a listing says of open files is out of date on Windows
        seen = stat.st_size, stat.st_mtime_ns
        self.first_seen_at = min(self.first_seen_at, now)
        if seen != self._seen:
            self._seen = seen
            self.still_since = now
        is_still = now - self.still_since >= poll_s or stat.st_mtime + poll_s <= disk_time
        if not is_still:
            return False
        if self._whole != seen and now - self._opened_at >= _REST * (now - self.still_since):
            self._opened_at = now
            self._whole = seen if is_whole(self.path) else None
        return self._whole == seen
