"""What a hostile publisher may send to those who watch: results and frames that lie."""

from __future__ import annotations

import json
import struct

import numpy as np
import pyarrow as pa
import zmq
import zstandard

from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.publisher import FRAME_TOPIC, RESULT_TOPIC, ResultPublisher
from skyrmlive.stream.result import TABLE_DTYPES, FrameResult, ResultSummary, empty_table
from skyrmlive.stream.tables import SCHEMA, to_record_batch

Message = list[bytes]
#: Rows of the table: a number that occurs nowhere else in the message.
ROWS = 23
_BOMB_ROWS = 100_000


def valid_messages() -> tuple[Message, Message]:
    """Return a frame and its result as a `ResultPublisher` puts them on the wire."""
    height, width = 16, 24
    frame = Frame(np.arange(height * width, dtype=np.uint16).reshape(height, width))
    table = empty_table().reindex(range(ROWS)).fillna(1).astype(TABLE_DTYPES)
    summary = ResultSummary(frame=7, received_at=1.0, height=height, width=width, n_skyrmions=ROWS)
    result = FrameResult(summary, table, frame.pixels // 20, FrameMetadata(seq=3))
    messages: list[Message] = []
    with zmq.Context() as context:
        subscriber = context.socket(zmq.SUB)
        with subscriber, ResultPublisher("tcp://127.0.0.1:*", context=context) as publisher:
            subscriber.connect(publisher.address)
            subscriber.subscribe("skyrmlive.")
            while len(messages) < 2 or messages[-1][0] != RESULT_TOPIC:
                publisher.publish(result, frame)
                while subscriber.poll(100):
                    messages.append(subscriber.recv_multipart())
    return messages[-2], messages[-1]


def lies() -> dict[str, Message]:
    """Return messages that are well formed and lie, by what is wrong with them."""
    frame, (topic, summary, table, labels) = valid_messages()
    wrong: dict[str, Message] = {
        f"{n} rows": [topic, summary, _with_rows(table, n), labels]
        for n in (ROWS + 1, 10**6, 2**40, 2**62, -1)
    }
    for codec in ("lz4", "zstd"):
        wrong[f"{_BOMB_ROWS} rows in {codec}"] = [topic, summary, _packed_table(codec), labels]
    wrong["another table"] = [topic, summary, _stream(pa.table({"x": [1.0]})), labels]
    wrong["a table with gaps"] = [topic, summary, _table_with_gaps(), labels]
    wrong["a batch first"] = [topic, summary, table[table.rfind(b"\xff\xff\xff\xff\x88") :], labels]
    bomb = zstandard.ZstdCompressor().compress(bytes(2**26))
    wrong["labels that unfold"] = [topic, summary, table, bomb]
    header = {"frame": 0, "dtype": "uint8", "shape": [16384, 16384]}
    wrong["pixels that unfold"] = [FRAME_TOPIC, json.dumps(header).encode(), bomb]
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(2**26))
    wrong["pixels of unknown length"] = [*frame[:2], unsized]
    wrong["number beyond 64 bits"] = [frame[0], json.dumps(header | {"frame": 2**63}).encode(), b""]
    return wrong


def _with_rows(table: bytes, n: int) -> bytes:
    return table.replace(struct.pack("<q", ROWS), struct.pack("<q", n))


def _packed_table(codec: str) -> bytes:
    rows = empty_table().reindex(range(_BOMB_ROWS)).fillna(0).astype(TABLE_DTYPES)
    return _stream(pa.Table.from_batches([to_record_batch(rows)]), codec)


def _table_with_gaps() -> bytes:
    columns = [pa.nulls(1, field.type) for field in SCHEMA]
    return _stream(pa.Table.from_arrays(columns, schema=SCHEMA))


def _stream(table: pa.Table, codec: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
