"""Compressed byte strings of DECTRIS, through the optional dectris-compression."""

from __future__ import annotations

from ..errors import FrameRejected, UserError

#: In both the bytes begin with the decompressed size (uint64) and that of a block (uint32), in
#: big-endian byte order: the framing of the HDF5 filters.
_ALGORITHMS = ("bslz4", "lz4")
_FRAMING_BYTES = 12
_ELEMENT_BYTES = (1, 2, 4, 8)
#: LZ4 makes data 255 times smaller at most.
_MAX_RATIO = 255


def require_compression() -> None:
    """Raise UserError unless dectris-compression is installed."""
    try:
        import dectris.compression  # noqa: F401
    except ImportError:
        raise UserError(
            "Images of DECTRIS detectors need one more package: pip install 'skyrmlive[dectris]'."
        ) from None


def decompress(data: bytes, algorithm: object, element_bytes: object, size: int) -> bytes:
    """Decompress `data` to exactly `size` bytes.

    Parameters
    ----------
    data
        The compressed bytes.
    algorithm
        ``"bslz4"`` or ``"lz4"``.
    element_bytes
        Bytes of the elements that bitshuffle took apart; unused for lz4.
    size
        What must come out of it: checked before memory is taken.

    Raises
    ------
    FrameRejected
        If the algorithm is another, or the data are damaged or of another size.
    UserError
        If dectris-compression is not installed.
    """
    if algorithm not in _ALGORITHMS:
        raise FrameRejected(
            f"Compression {ascii(algorithm)[:40]} is not taken; {' or '.join(_ALGORITHMS)} is."
        )
    if algorithm == "bslz4" and not (
        type(element_bytes) is int and element_bytes in _ELEMENT_BYTES
    ):
        raise FrameRejected("The element size of the compressed pixels is not 1, 2, 4 or 8 bytes.")
    announced = int.from_bytes(data[:8], "big")
    if len(data) < _FRAMING_BYTES or announced != size or size > _MAX_RATIO * len(data):
        raise FrameRejected(
            f"{len(data)} compressed bytes announce {announced} bytes of pixels, not {size}."
        )
    require_compression()
    from dectris.compression import decompress as decompress_any

    try:
        return decompress_any(
            data, algorithm, elem_size=element_bytes if algorithm == "bslz4" else 1
        )
    except (RuntimeError, ValueError):
        raise FrameRejected("The compressed pixels are damaged.") from None
    except MemoryError:
        raise FrameRejected(f"There is no memory for {size} bytes of pixels.") from None
