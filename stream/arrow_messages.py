"""What pyarrow does not say about the messages of an Arrow IPC stream."""

from __future__ import annotations

import struct

import pyarrow as pa

#: Places of two fields in the tables of Arrow's Message.fbs.
_MESSAGE_HEADER, _BATCH_COMPRESSION = 2, 3


def is_packed(message: pa.Message) -> bool:
    """Say whether the buffers of a record batch are compressed.

    Parameters
    ----------
    message
        A message of type ``"record batch"``, as pyarrow has read it: its flatbuffer is sound.
    """
    flat = bytes(message.metadata)
    (root,) = struct.unpack_from("<I", flat)
    header = root + _offset(flat, root, _MESSAGE_HEADER)
    (to_batch,) = struct.unpack_from("<I", flat, header)
    return _offset(flat, header + to_batch, _BATCH_COMPRESSION) != 0


def _offset(flat: bytes, table: int, field: int) -> int:
    """Return where in a flatbuffers table a field stands, counted from its start; 0 if nowhere."""
    (to_vtable,) = struct.unpack_from("<i", flat, table)
    vtable = table - to_vtable
    (size,) = struct.unpack_from("<H", flat, vtable)
    entry = 4 + 2 * field
    return struct.unpack_from("<H", flat, vtable + entry)[0] if entry < size else 0
