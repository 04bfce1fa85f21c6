"""What travels from the receiving thread to the window."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock

import numpy as np

from ..stream.result import FrameResult, ResultSummary
from .births import TrackChanges

#: Track numbers are folded into uint16: napari draws such labels far faster than int32.
_LAST_OUTLINE_VALUE = np.iinfo(np.uint16).max


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One analysed frame, ready to be drawn.

    Attributes
    ----------
    result
        Summary and table of the frame; its label image may be None.
    pixels
        The frame of shape (height, width), None when the publisher sends no frames or it was lost.
    outlines
        uint16 of shape (height, width): 0 is background, otherwise the number of the track as
        `track_labels` folds it; None when the publisher sends no labels.
    changes
        What this frame tells about births and deaths; None of one that is not linked.
    """

    result: FrameResult
    pixels: np.ndarray | None
    outlines: np.ndarray | None
    changes: TrackChanges | None = None


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


def track_labels(result: FrameResult) -> np.ndarray | None:
    """Return the label image numbered by track, which keeps a skyrmion's colour.

    Returns
    -------
    numpy.ndarray or None
        uint16 of shape (height, width): 0 is background, a linked skyrmion has the number of its
        track plus one, folded into 1 to 65535, and one that is not linked has 65535. None without
        a label image.
    """
    if result.labels is None:
        return None
    value_of_label = np.zeros(int(result.labels.max(initial=0)) + 1, dtype=np.uint16)
    value_of_label[1:] = _LAST_OUTLINE_VALUE
    labels = result.table["label"].to_numpy()
    particles = result.table["particle"].to_numpy()
    known = (particles >= 0) & (labels > 0) & (labels < len(value_of_label))
    folded = particles[known] % (_LAST_OUTLINE_VALUE - 1) + 1
    value_of_label[labels[known]] = folded.astype(np.uint16)
    return value_of_label[result.labels]
