"""The table of skyrmions as Arrow, on the wire and on disk."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from .arrow_messages import is_packed
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
    """Read a table from an Arrow IPC stream, trusting nothing in it.

    Raises
    ------
    FrameRejected
        If `data` is not such a stream, or not of a table with the columns of `TABLE_DTYPES`.
    """
    try:
        schema, *messages = pa.ipc.MessageReader.open_stream(pa.py_buffer(data))
        # pyarrow ends the program where it reads a schema from a message of another type.
        if schema.type != "schema" or not pa.ipc.read_schema(schema).equals(SCHEMA):
            raise FrameRejected("The table has other columns than this version of skyrmlive knows.")
        return from_batches([_checked_batch(message) for message in messages])
    except (pa.ArrowException, ValueError, OSError) as error:
        reason = str(error)[:200]
        raise FrameRejected(f"The table is not an Arrow stream: {reason!a}.") from None


def from_batches(batches: list[pa.RecordBatch]) -> pd.DataFrame:
    """Return the rows of `batches` as one table."""
    if not batches:
        return empty_table()
    return pa.Table.from_batches(batches).to_pandas()


def _checked_batch(message: pa.Message) -> pa.RecordBatch:
    # Arrow reads lengths and buffers as they stand: without these checks a number of rows that
    # lies reads beyond the message, and a few packed bytes unfold to gigabytes.
    if message.type != "record batch" or is_packed(message):
        raise FrameRejected("The table is packed, or in pieces that no table of skyrmlive has.")
    batch = pa.ipc.read_record_batch(message, SCHEMA)
    batch.validate(full=True)
    for name, column in zip(SCHEMA.names, batch.columns, strict=True):
        if column.null_count and not pa.types.is_floating(column.type):
            raise FrameRejected(f"The column {name} of the table has gaps.")
    return batch
