"""What a recording shows at each frame, without any Qt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...stream.errors import UserError
from ...stream.recording import Recording
from ...stream.recording.layout import stem
from ...stream.result import FrameResult, ResultSummary, empty_table
from ..births import BirthCounter, TrackChanges
from ..history import History
from ..snapshot import Snapshot
from ..tails import Tails
from .lazy_images import frames_of_recording

_TAIL_FRAMES = 25
_TABLES_KEPT = 64
_TRACK_COLUMNS = ("particle", "touches_border", "is_stripe")


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """A frame of a recording, ready to be drawn.

    Attributes
    ----------
    snapshot
        Its pixels and result; the table is empty where there is none.
    tails
        Where its skyrmions have been in the frames before.
    absent
        Why it has no result, in one sentence; empty where it has one.
    """

    snapshot: Snapshot
    tails: Tails
    absent: str = ""


class RecordedRun:
    """A recording as it is when it is opened.

    Making one reads no frame and no result. `frame` and `read_history` belong to one thread.

    Parameters
    ----------
    path
        Folder of the recording.

    Raises
    ------
    UserError
        If it is no recording, or has no frame.

    Attributes
    ----------
    path
        The folder.
    images
        The frames, for any thread.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).resolve()
        self._recording = Recording(self.path)
        if not self._recording.n_frames:
            raise UserError(f"{self.path} holds no frames yet.")
        # A reader of its own: napari reads frames while results are read.
        self.images = frames_of_recording(Recording(self.path))
        self._tables: OrderedDict[int, pd.DataFrame] = OrderedDict()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def name(self) -> str:
        """Name of the folder without its ending."""
        return stem(self.path)

    @property
    def pixel_size_nm(self) -> float | None:
        """Size of a pixel in the first frame, None where it is not known."""
        return self._recording.metadata(0).pixel_size_nm

    def read_history(self) -> tuple[History, list[str]]:
        """Return the numbers of all analysed frames, and the engines that found them."""
        history = History(max(len(self), 1))
        engines: dict[str, None] = {}
        for summary in self._recording.written_summaries():
            history.add(summary)
            engines[summary.engine] = None
        return history, list(engines)

    def frame(self, index: int) -> RecordedFrame:
        """Return frame number `index`.

        Raises
        ------
        UserError
            If its metadata or its result is damaged; black pixels stand for those that are.
        """
        recording, pixels = self._recording, self.images.image(index)
        metadata = recording.metadata(index)
        summary, absent = recording.summary(index), ""
        if summary is None:
            failure = recording.failure(index)
            absent = f"It could not be analysed: {failure}" if failure else "It was not analysed."
            summary = ResultSummary(
                frame=index,
                received_at=recording.received_at(index),
                height=pixels.shape[0],
                width=pixels.shape[1],
                n_skyrmions=0,
                **metadata.model_dump(
                    include={"seq", "timestamp", "pixel_size_nm", "temperature_k", "field_mt"}
                ),
            )
        table = self._table(index)
        result = FrameResult(summary, table, recording.labels(index), metadata)
        return RecordedFrame(Snapshot.of(result, pixels), self._tails(index), absent)

    def _tails(self, index: int) -> Tails:
        tails = Tails(_TAIL_FRAMES)
        for frame in range(max(0, index - _TAIL_FRAMES + 1), index + 1):
            tails.add(frame, self._table(frame))
        return tails

    def _table(self, index: int) -> pd.DataFrame:
        if index not in self._tables:
            table = self._recording.result_table(index)
            self._tables[index] = table if len(table) else empty_table()
            while len(self._tables) > _TABLES_KEPT:
                self._tables.popitem(last=False)
        self._tables.move_to_end(index)
        return self._tables[index]


def track_changes(
    path: Path, stopped: Callable[[], bool] = lambda: False
) -> Iterator[TrackChanges]:
    """Yield what each frame of a recording tells about births and deaths, in order.

    Parameters
    ----------
    path
        Its folder.
    stopped
        Asked at each frame whether to go on.
    """
    recording = Recording(path)
    counter, settled, dtype = BirthCounter(), recording.settled, recording.dtype
    for index in range(recording.n_frames):
        if stopped():
            return
        summary = recording.summary(index)
        if summary is None:
            continue
        if settled:  # then those that were caught up are linked as well
            summary.analysed = "replay"
        table = recording.result_table(index, _TRACK_COLUMNS)
        changes = counter.follow(
            FrameResult(summary, table, None, recording.metadata(index)), dtype
        )
        if changes is not None:
            yield changes
