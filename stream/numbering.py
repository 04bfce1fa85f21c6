"""The numbers that cameras give their frames, and what they tell about frames that never came."""

from __future__ import annotations

import logging

from .sparse_log import SparseLog

_log = logging.getLogger(__name__)
#: Cameras to follow; of more than these the one silent for longest is forgotten.
_MAX_SOURCES = 64


class Numbering:
    """Compares the `seq` of each frame with that of the frame before.

    Every `source` is followed on its own: two cameras count independently.

    Attributes
    ----------
    missing
        Frames between two neighbouring numbers.
    repeated
        Frames with the same number as the one before.
    restarts
        Frames with a smaller number than the one before: a camera that began anew.
    """

    def __init__(self) -> None:
        self.missing = 0
        self.repeated = 0
        self.restarts = 0
        self._remarks = SparseLog(_log)
        self._last: dict[str | None, int] = {}

    def follow(self, source: str | None, seq: int | None) -> None:
        """Take note of the next frame of `source`; one without a number says nothing."""
        if seq is None:
            return
        last = self._last.pop(source, None)
        self._last[source] = seq
        if len(self._last) > _MAX_SOURCES:
            del self._last[next(iter(self._last))]
        if last is None or seq == last + 1:
            return
        if seq > last:
            self.missing += seq - last - 1
            self._remarks.warning("%d frames before number %d never came.", seq - last - 1, seq)
        elif seq == last:
            self.repeated += 1
            self._remarks.warning("The number %d came twice.", seq)
        else:
            self.restarts += 1
            self._remarks.warning("Number %d came after %d: the camera began anew.", seq, last)
