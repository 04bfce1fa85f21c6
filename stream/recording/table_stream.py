"""The table of a recording: an Arrow IPC stream, one record batch an analysed frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from ..arrow_messages import is_packed
from ..tables import SCHEMA, to_record_batch
from .appending import AppendOnlyFile
from .layout import RecordingError

#: What reading a damaged file raises.
_DAMAGED = (EOFError, OSError, ValueError, pa.ArrowException)
#: The end of a stream that was closed (Arrow columnar format, "IPC Streaming Format").
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class TableWriter:
    """Appends the tables of frames; the file reads back up to wherever it is cut.

    Parameters
    ----------
    path
        The file, which must not exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = AppendOnlyFile(path)
        try:
            self._file.append(SCHEMA.serialize().to_pybytes(), sync=False)
        except RecordingError:
            self._file.close()
            path.unlink()
            raise

    def append(self, table: pd.DataFrame) -> None:
        """Append the table of one frame; raise RecordingError if the disk refuses."""
        self._file.append(to_record_batch(table).serialize().to_pybytes(), sync=False)

    def close(self) -> None:
        """Mark the end of the stream and close the file."""
        try:
            self._file.append(_END, sync=True)
        finally:
            self._file.close()


class TableReader:
    """The tables of the frames, in whatever order they lie in the file.

    A torn end is left out, and a table that is damaged. Only their places are kept in memory.

    Parameters
    ----------
    path
        The file; one that does not exist has no tables.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[int, int] = {}
        self._end = 0
        self.refresh()

    def refresh(self) -> None:
        """Find the tables that were completed since the last look."""
        if not self._path.exists() or self._path.stat().st_size <= self._end:
            return
        with pa.memory_map(str(self._path)) as file:
            file.seek(self._end)
            while True:
                place = file.tell()
                try:
                    message = pa.ipc.read_message(file)
                except _DAMAGED:
                    return
                if message.type == "record batch":
                    self._note(message, place)
                self._end = file.tell()

    def _note(self, message: pa.Message, place: int) -> None:
        try:
            batch = _sound_batch(message)
        except _DAMAGED:
            return
        if batch.num_rows:  # one without rows belongs to no frame, and none misses it
            self._places[batch.column("frame")[0].as_py()] = place

    def table(self, frame: int) -> pa.RecordBatch:
        """Return the rows of one frame, none if it has none.

        Raises
        ------
        RecordingError
            If they cannot be read any more.
        """
        place = self._places.get(frame)
        if place is None:
            return pa.RecordBatch.from_pylist([], schema=SCHEMA)
        try:
            with self._path.open("rb") as file:
                file.seek(place)
                return _sound_batch(pa.ipc.read_message(pa.PythonFile(file, mode="r")))
        except _DAMAGED:
            raise RecordingError(
                f"The rows of frame {frame} in {self._path} cannot be read."
            ) from None


def _sound_batch(message: pa.Message) -> pa.RecordBatch:
    # Arrow takes the lengths in a message as they stand, and reads beyond it where they are wrong.
    if message.type != "record batch" or is_packed(message):
        raise ValueError("no table of ours")
    batch = pa.ipc.read_record_batch(message, SCHEMA)
    batch.validate(full=True)
    return batch
