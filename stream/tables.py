"""The table of skyrmions as Arrow, on the wire and on disk."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from .errors import FrameRejected
from .result import TABLE_DTYPES, empty_table

#: Arrow schema of the table.
SCHEMA = pa.schema(
    [
        pa.field(name, pa.bool_() if dtype == "bool" else pa.type_for_alias(dtype))
        for name, dtype in TABLE_DTYPES.items()
    ]
)


def to_record_batch(table: pd.DataFrame) -> pa.RecordBatch:
    """Return `table` as one record batch with the columns of `TABLE_DTYPES`, in their order."""
    # Column by column: RecordBatch.from_pandas takes longer than the analysis of a small frame.
    columns = [
        pa.array(table[field.name].to_numpy(), type=field.type, from_pandas=True)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def to_ipc_bytes(table: pd.DataFrame) -> bytes:
    """Return `table` as an Arrow IPC stream of one batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as writer:
        writer.write_batch(to_record_batch(table))
    return sink.getvalue().to_pybytes()


def from_ipc_bytes(data: bytes | memoryview) -> pd.DataFrame:
    """Read a table from an Arrow IPC stream.

    Raises
    ------
    FrameRejected
        If `data` is not such a stream.
    """
    try:
        with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
            return reader.read_all().to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        raise FrameRejected(f"The table is not an Arrow stream: {error}.") from None


def from_batches(batches: list[pa.RecordBatch]) -> pd.DataFrame:
    """Return the rows of `batches` as one table."""
    if not batches:
        return empty_table()
    return pa.Table.from_batches(batches).to_pandas()
