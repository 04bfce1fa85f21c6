"""Results as Parquet tables for data frames and databases."""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..closing import Closing
from ..result import ResultSummary
from ..tables import SCHEMA, to_record_batch

#: Rows that are gathered before they are written as one row group.
_ROWS = 1 << 16
_ARROW_TYPES = {int: pa.int64(), float: pa.float64(), str: pa.string()}


def _arrow_type(annotation: Any) -> pa.DataType | None:
    """Return the type of a column for a field of the summary, None for one that is no scalar."""
    if get_origin(annotation) is Literal:
        return pa.string()
    alternatives = get_args(annotation) if get_origin(annotation) is UnionType else (annotation,)
    kinds = [kind for kind in alternatives if kind is not type(None)]
    return _ARROW_TYPES.get(kinds[0]) if len(kinds) == 1 else None


_COLUMNS = {
    name: _arrow_type(field.annotation) for name, field in ResultSummary.model_fields.items()
}
#: One row an analysed frame: the summary's scalars, and its warnings as one text.
FRAMES_SCHEMA = pa.schema(
    [
        *((name, kind) for name, kind in _COLUMNS.items() if kind is not None),
        ("warnings", pa.string()),
    ]
)


class ParquetResults(Closing):
    """Writes ``skyrmions.parquet`` (one row a skyrmion) and ``frames.parquet`` (one row a frame).

    The columns are those of `CsvResults`. Rows are written by tens of thousands, whatever the
    number of frames.

    Parameters
    ----------
    folder
        Where to write; the files must not exist.

    Raises
    ------
    OSError
        If they cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.skyrmions = folder / "skyrmions.parquet"
        self.frames = folder / "frames.parquet"
        self._skyrmions = _RowGroups(self.skyrmions, SCHEMA)
        self._frames = _RowGroups(self.frames, FRAMES_SCHEMA)

    def append(self, summary: ResultSummary, table: pd.DataFrame) -> None:
        """Append one result; raise OSError if the disk refuses."""
        self._skyrmions.append(to_record_batch(table))
        row = summary.model_dump(include=set(FRAMES_SCHEMA.names))
        row["warnings"] = " ".join(summary.warnings)
        self._frames.append(pa.RecordBatch.from_pylist([row], schema=FRAMES_SCHEMA))

    def close(self) -> None:
        """Write what is left and close the files."""
        try:
            self._skyrmions.close()
        finally:
            self._frames.close()


class _RowGroups(Closing):
    """A Parquet file that takes batches of any size and writes them in large groups."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._waiting: list[pa.RecordBatch] = []
        self._n_rows = 0
        self._file = path.open("xb")
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")

    def append(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self._n_rows += batch.num_rows
        if self._n_rows >= _ROWS:
            self._write()

    def close(self) -> None:
        try:
            if self._waiting:
                self._write()
            self._writer.close()
        finally:
            self._file.close()

    def _write(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._waiting))
        self._waiting, self._n_rows = [], 0
