"""The numbers that cameras give their frames, and what they tell about frames that never came."""

from __future__ import annotations

import logging

_log = logging.getLogger(__name__)
#: Cameras to follow; of more than these the one silent for longest is forgotten.
_MAX_SOURCES = 64
#: After so many remarks only every thousandth is logged, lest the log fill the disk.
_LOGGED_REMARKS = 100


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
        self._remarks = 0
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
            self._remark(f"{seq - last - 1} frames before number {seq} never came.")
        elif seq == last:
            self.repeated += 1
            self._remark(f"The number {seq} came twice.")
        else:
            self.restarts += 1
            self._remark(f"Number {seq} came after {last}: the camera began anew.")

    def _remark(self, sentence: str) -> None:
        self._remarks += 1
        if self._remarks <= _LOGGED_REMARKS or self._remarks % 1000 == 0:
            _log.warning("%s", sentence)
