"""Writes the results beside the frames of one recording."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..result import FrameResult
from ..tables import SCHEMA, to_record_batch
from . import ome
from .arrays import GrowingArray
from .jsonl import JsonLinesWriter
from .layout import LABEL_ARRAY, LABELS, RESULTS, SKYRMIONS, TABLE, RecordingError, write_group


class ResultWriter:
    """Appends labels, table and summary of one frame after the other.

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
    """

    def __init__(self, path: Path, shape: tuple[int, int], pixel_size_nm: float | None) -> None:
        self._path, self._shape, self._pixel_size_nm = path, shape, pixel_size_nm
        self._labels: GrowingArray | None = None
        try:
            self._summaries = JsonLinesWriter(path / RESULTS)
            self._file = (path / TABLE).open("xb")
            # The streaming format, since its batches read back up to wherever it was cut.
            self._table = pa.ipc.new_stream(self._file, SCHEMA)
        except OSError as error:
            raise RecordingError(f"Cannot write results to {path}: {error.strerror}.") from None

    def append(self, place: int, result: FrameResult) -> None:
        """Append the result of the frame at `place` of this recording.

        Raises
        ------
        RecordingError
            If the disk refuses.
        """
        if result.labels is not None:
            self._label_array().write([(place, result.labels)])
        try:
            self._table.write_batch(to_record_batch(result.table.assign(frame=place)))
            self._file.flush()
        except OSError as error:
            raise RecordingError(f"Writing results to {self._path} failed: {error}.") from None
        summary = result.summary.model_copy(update={"frame": place})
        document = {**json.loads(summary.model_dump_json()), "labels": result.labels is not None}
        self._summaries.append([json.dumps(document)], sync=False)

    def append_failure(self, place: int, reason: str) -> None:
        """Note that the frame at `place` could not be analysed."""
        self._summaries.append([json.dumps({"frame": place, "error": reason})], sync=False)

    def close(self, n_frames: int) -> None:
        """Close the files; the labels get as long as the image, `n_frames`."""
        try:
            self._table.close()
            self._file.close()
        except OSError as error:
            raise RecordingError(f"Writing results to {self._path} failed: {error}.") from None
        self._summaries.close()
        if self._labels is not None:
            self._labels.trim(n_frames)

    def _label_array(self) -> GrowingArray:
        if self._labels is None:
            try:
                write_group(self._path / LABELS, ome.labels_attributes())
                attributes = ome.label_image_attributes(self._pixel_size_nm, None)
                write_group(self._path / SKYRMIONS, attributes)
            except OSError as error:
                raise RecordingError(
                    f"Cannot write labels to {self._path}: {error.strerror}."
                ) from None
            # Labels can be computed again from the frames: they need not wait for the disk.
            self._labels = GrowingArray(
                self._path / LABEL_ARRAY, self._shape, np.dtype("uint16"), sync=False
            )
        return self._labels
