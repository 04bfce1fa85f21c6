"""Writes the results beside the frames of one recording."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..result import FrameResult
from . import ome
from .arrays import GrowingArray
from .jsonl import JsonLinesWriter
from .layout import (
    LABEL_ARRAY,
    LABELS,
    RESULTS,
    SKYRMIONS,
    TABLE,
    write_error,
    write_group,
)
from .table_stream import TableWriter


class ResultWriter:
    """Appends labels, table and summary of one frame after the other.

    A result counts once its line is complete.

    Parameters
    ----------
    path
        Directory of a recording that a `FrameWriter` has made.
    shape
        (height, width) of its frames.
    pixel_size_nm
        Side of a pixel where known.

    Raises
    ------
    RecordingError
        If the disk refuses.

    Attributes
    ----------
    settled
        Whether the results are in the order of the frames, and linked, as no frame was overtaken.
    """

    def __init__(self, path: Path, shape: tuple[int, int], pixel_size_nm: float | None) -> None:
        self._path, self._shape, self._pixel_size_nm = path, shape, pixel_size_nm
        self._labels: GrowingArray | None = None
        self._pending: int | None = None
        self.settled = True
        try:
            self._table = TableWriter(path / TABLE)
            try:
                self._summaries = JsonLinesWriter(path / RESULTS)
            except OSError:
                (path / TABLE).unlink()
                raise
        except OSError as error:
            raise write_error(path, error) from None

    def append(self, place: int, result: FrameResult) -> None:
        """Append the result of the frame at `place` of this recording.

        Raises
        ------
        RecordingError
            If the disk refuses; the same call may be made again.
        """
        if result.labels is not None:
            self._label_array().write([(place, result.labels)])
        if self._pending != place:  # otherwise the disk took the table, and not the line
            self._table.append(result.table.assign(frame=place))
            self._pending = place
        summary = result.summary.model_copy(update={"frame": place})
        document = {**json.loads(summary.model_dump_json()), "labels": result.labels is not None}
        self._summaries.append([json.dumps(document)], sync=False)
        self._pending = None
        self.settled = self.settled and summary.analysed != "caught-up"

    def append_failure(self, place: int, reason: str) -> None:
        """Note that the frame at `place` could not be analysed; raises as `append` does."""
        self._summaries.append([json.dumps({"frame": place, "error": reason})], sync=False)

    def close(self) -> None:
        """Close the files."""
        self._table.close()
        self._summaries.append([], sync=True)
        self._summaries.close()

    def _label_array(self) -> GrowingArray:
        if self._labels is None:
            try:
                write_group(self._path / LABELS, ome.labels_attributes())
                attributes = ome.label_image_attributes(self._pixel_size_nm, None)
                write_group(self._path / SKYRMIONS, attributes)
            except OSError as error:
                raise write_error(self._path, error) from None
            # Labels can be computed again from the frames: they need not wait for the disk.
            self._labels = GrowingArray(
                self._path / LABEL_ARRAY, self._shape, np.dtype("uint16"), sync=False
            )
        return self._labels
