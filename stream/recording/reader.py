"""Reads a recording, closed, cut short, or still growing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ValidationError

from ..errors import UserError
from ..frame import Frame, FrameMetadata
from ..result import ResultSummary
from ..stage import StageReading
from ..tables import from_batches
from .arrays import StoredArray
from .jsonl import JsonLinesReader
from .layout import FORMAT, FRAMES, IMAGE, LABEL_ARRAY, RUN, STAGE, RecordingError
from .results import ResultReader

_Model = TypeVar("_Model", bound=BaseModel)


class Recording:
    """A recording on disk. Nothing but the places of its frames is held in memory.

    Parameters
    ----------
    path
        Its directory.

    Raises
    ------
    UserError
        If `path` is not a recording.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.run = _read_run(self.path)
        self._frames = JsonLinesReader(self.path / FRAMES)
        self._image = StoredArray(self.path / IMAGE)
        self._labels: StoredArray | None = None

    @cached_property
    def _results(self) -> ResultReader:
        # Thousands of results take a moment to find, and whoever looks at frames needs none.
        return ResultReader(self.path)

    @property
    def n_frames(self) -> int:
        """Number of complete frames."""
        return len(self._frames)

    @property
    def dtype(self) -> np.dtype:
        """Pixel type of the frames."""
        return self._image.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the frames in pixels."""
        return self._image.shape

    @property
    def settled(self) -> bool:
        """Whether the run has ended and its results are in order, with their final tracks."""
        return bool(_read_run(self.path).get("settled"))

    @property
    def closed(self) -> bool:
        """Whether the writer came to its end; False after a crash and during the run."""
        return bool(_read_run(self.path).get("closed_at"))

    @property
    def has_room_for_all(self) -> bool:
        """Whether the array of the image is as long as there are complete frames."""
        return self._image.length >= self.n_frames

    def __len__(self) -> int:
        return self.n_frames

    def refresh(self) -> None:
        """Take notice of what was appended since."""
        self._frames.refresh()
        if "_results" in self.__dict__:
            self._results.refresh()

    def frame(self, index: int) -> Frame:
        """Return the frame at `index` with its metadata.

        Raises
        ------
        IndexError
            If there is no such frame.
        RecordingError
            If its files are damaged.
        """
        metadata = self.metadata(index)
        return Frame(self._image.read(index), metadata)

    def frames(self) -> Iterator[Frame]:
        """Yield all frames in order."""
        return (self.frame(index) for index in range(self.n_frames))

    def metadata(self, index: int) -> FrameMetadata:
        """Return the metadata of the frame at `index`."""
        return _validated(FrameMetadata, self._index_entry(index).get("metadata"), self.path)

    def received_at(self, index: int) -> float:
        """Return the Unix seconds at which the frame at `index` arrived."""
        return float(self._index_entry(index)["received_at"])

    def taken_at(self, index: int) -> float:
        """Return the Unix seconds at which the frame at `index` was taken, or else arrived."""
        timestamp = self.metadata(index).timestamp
        return self.received_at(index) if timestamp is None else timestamp

    def run_frame(self, index: int) -> int:
        """Return the number that the frame at `index` had in its run.

        It differs from `index` where the camera changed its frame size and the run therefore
        continued in another recording.
        """
        return int(self._index_entry(index)["run_frame"])

    def table(self) -> pd.DataFrame:
        """Return one row a skyrmion of all analysed frames, columns as `TABLE_DTYPES`.

        The rows are in the order of the frames. Until a run has ended, the tracks (`particle`) are
        those that were seen live.
        """
        self._results.refresh()
        return from_batches([self._results.table(frame) for frame in self._results.frames])

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield each analysed frame, in order, and its part of `table`, or some columns of it."""
        self._results.refresh()
        for frame in self._results.frames:
            yield frame, self.result_table(frame, columns)

    def summaries(self) -> list[ResultSummary]:
        """Return the summary of each analysed frame, in the order of the frames."""
        self._results.refresh()
        entries = self._results.entries()
        return [self._summary(entry) for entry in entries if "error" not in entry]

    def summary(self, index: int) -> ResultSummary | None:
        """Return the summary of the frame at `index`, None if it has no result."""
        entry = self._results.entry(index)
        if entry is None or "error" in entry:
            return None
        return self._summary(entry)

    def result_table(self, index: int, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows of `table` that belong to the frame at `index`, or some columns of it."""
        batch = self._results.table(index)
        return (batch if columns is None else batch.select(list(columns))).to_pandas()

    def written_summaries(self) -> Iterator[ResultSummary]:
        """Yield the summaries in the order in which they were written, faster than `summaries`.

        A frame that was analysed twice comes twice; the later one counts.
        """
        self._results.refresh()
        return (self._summary(entry) for entry in self._results.lines() if "error" not in entry)

    def failure(self, index: int) -> str | None:
        """Return why the frame at `index` could not be analysed, None of any other."""
        entry = self._results.entry(index)
        return None if entry is None else entry.get("error")

    def failures(self) -> dict[int, str]:
        """Return the frames that could not be analysed, and why."""
        self._results.refresh()
        return self._results.failures()

    def damaged_results(self) -> list[str]:
        """Return which lines of the results are damaged, one sentence each.

        Their frames have no result then; all others have theirs.
        """
        self._results.refresh()
        return self._results.damage()

    @property
    def has_labels(self) -> bool:
        """Whether any frame has a label image."""
        return (self.path / LABEL_ARRAY / "zarr.json").exists()

    def labels(self, index: int) -> np.ndarray | None:
        """Return the uint16 labels (height, width) of the frame at `index`, if it has any."""
        self._results.refresh()
        if not self._results.has_labels(index):
            return None
        if self._labels is None:
            self._labels = StoredArray(self.path / LABEL_ARRAY)
        return self._labels.read(index)

    def stage_readings(self) -> list[StageReading]:
        """Return what the stage's own software told during the run, in the order of arrival."""
        return [StageReading.from_document(entry) for entry in JsonLinesReader(self.path / STAGE)]

    def _summary(self, entry: dict[str, Any]) -> ResultSummary:
        document = {key: value for key, value in entry.items() if key != "labels"}
        return _validated(ResultSummary, document, self.path)

    def _index_entry(self, index: int) -> dict[str, Any]:
        if index >= len(self._frames):
            self._frames.refresh()
        entry = self._frames[index]
        if entry.get("frame") != index or "received_at" not in entry or "run_frame" not in entry:
            raise RecordingError(f"Line {index + 1} of {self.path / FRAMES} is damaged.")
        return entry


def _read_run(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        raise UserError(f"{path} is not a recording: there is no such folder.")
    try:
        run = json.loads((path / RUN).read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path} is not a recording: it has no {RUN}.") from None
    except (OSError, ValueError):
        raise UserError(f"{path / RUN} cannot be read.") from None
    if not isinstance(run, dict) or run.get("format") != FORMAT:
        raise UserError(f"{path} is not a recording of skyrmlive.")
    if run.get("version") != 1:
        raise UserError(f"{path} was written by a newer skyrmlive; please update.")
    return run


def _validated(model: type[_Model], document: object, path: Path) -> _Model:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise RecordingError(f"The metadata in {path} is damaged: {reason}.") from None
