"""What travels from the receiving thread to the window."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from ..stream.result import TABLE_DTYPES, FrameResult, ResultSummary
from .births import TrackChanges
from .outlines import Outlines

# pandas takes milliseconds to count the bytes of a table.
_ROW_BYTES = sum(np.dtype(dtype).itemsize for dtype in TABLE_DTYPES.values())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One analysed frame, ready to be drawn.

    Attributes
    ----------
    result
        Summary and table of the frame; of its label image only the outlines are kept.
    pixels
        The frame of shape (height, width), None when the publisher sends no frames or it was lost.
    outlines
        Those of its label image, None when the publisher sends no labels.
    changes
        What this frame tells about births and deaths; None of one that is not linked.
    """

    result: FrameResult
    pixels: np.ndarray | None
    outlines: Outlines | None
    changes: TrackChanges | None = None

    @classmethod
    def of(
        cls,
        result: FrameResult,
        pixels: np.ndarray | None,
        changes: TrackChanges | None = None,
    ) -> Snapshot:
        """Prepare a result for the window: slow work, for the receiving thread."""
        outlines = None if result.labels is None else Outlines.of(result.labels)
        return cls(replace(result, labels=None), pixels, outlines, changes)

    @property
    def nbytes(self) -> int:
        """Bytes of pixels, outlines and table, together about what they take in memory."""
        images = sum(part.nbytes for part in (self.pixels, self.outlines) if part is not None)
        return images + len(self.result.table) * _ROW_BYTES


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the window finds in the mailbox.

    Attributes
    ----------
    newest
        The only frame that is drawn.
    passed
        Summaries of the results that came before it since the last look, oldest first; their
        images were dropped, their numbers still belong to the curves.
    changes
        Births and deaths that all these frames told, oldest first.
    """

    newest: Snapshot
    passed: tuple[ResultSummary, ...] = ()
    changes: tuple[TrackChanges, ...] = ()


class Mailbox:
    """A mailbox for one snapshot: a newer one replaces it, so the window is never behind.

    Parameters
    ----------
    remember
        How many summaries of replaced snapshots are kept at most.
    """

    def __init__(self, remember: int = 10_000) -> None:
        self._lock = Lock()
        self._newest: Snapshot | None = None
        self._passed: deque[ResultSummary] = deque(maxlen=remember)
        self._changes: deque[TrackChanges] = deque(maxlen=remember)

    def put(self, snapshot: Snapshot) -> None:
        """Leave `snapshot`; of the one it replaces only summary and changes are kept.

        One that was caught up replaces none: it is older than what is there.
        """
        summary = snapshot.result.summary
        with self._lock:
            if snapshot.changes is not None:
                self._changes.append(snapshot.changes)
            if self._newest is not None and summary.analysed == "caught-up":
                self._passed.append(summary)
                return
            if self._newest is not None:
                self._passed.append(self._newest.result.summary)
            self._newest = snapshot

    def take(self) -> Delivery | None:
        """Empty the mailbox; return None when nothing has come since the last call."""
        with self._lock:
            if self._newest is None:
                return None
            delivery = Delivery(self._newest, tuple(self._passed), tuple(self._changes))
            self._newest = None
            self._passed.clear()
            self._changes.clear()
            return delivery
