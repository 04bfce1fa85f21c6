"""Read OVF, the vector field files of OOMMF and mumax3: versions 1.0 and 2.0, text and binary.

The format is that of the OOMMF User's Guide, chapter "Vector Field File Format". OVF 1.0 is
big-endian, 2.0 little-endian; a binary block starts with a number that gives a wrong order of bytes
away. Values keep the file's order: x fastest, then y, then z, each along its own positive axis.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from ...stream.errors import UserError

CHECK_VALUES = {4: 1234567.0, 8: 123456789012345.0}
"""First number of a binary block, by the width of its numbers in bytes."""

_FIRST_LINE = re.compile(r"#\s*oommf:?\s+(?:rectangular mesh v(1)\.0|ovf (2)\.0)\s*", re.I)
_BEGIN_DATA = re.compile(r"#\s*begin\s*:\s*data\s+(?:text|binary\s*([48]))\s*", re.I)
_END_DATA = re.compile(rb"\s*#\s*end\s*:\s*data", re.I)
_METRES = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "nm": 1e-9}
_LINES_MAX, _LINE_LENGTH_MAX = 1000, 10_000


_T = TypeVar("_T")


class _MalformedError(Exception):
    """What is wrong with a file, as the second half of a sentence."""


@dataclass(frozen=True)
class OvfHeader:
    """What a file says before its values.

    Attributes
    ----------
    shape
        (nz, ny, nx, components), with 1 or 3 components.
    cell_size_nm
        Along x, y and z.
    title, unit
        Name of the quantity and its unit, "" without one.
    multiplier
        Factor on all values (OVF 1.0 only).
    number_type
        How a binary block is written; None for text.
    data_at
        The byte after the header.
    """

    shape: tuple[int, int, int, int]
    cell_size_nm: tuple[float, float, float]
    title: str
    unit: str
    multiplier: float
    number_type: np.dtype | None
    data_at: int


@dataclass(frozen=True)
class OvfField:
    """A field on a regular grid: `values` (nz, ny, nx, components), float32 or float64."""

    values: np.ndarray
    cell_size_nm: tuple[float, float, float]
    title: str = "m"
    unit: str = ""


def read_ovf_header(path: Path) -> OvfHeader:
    """Return what the file at `path` holds.

    Raises
    ------
    UserError
        If it cannot be read, is no OVF file of these versions, or its mesh is not rectangular.
    """
    return _read(path, _header)


def read_ovf(path: Path) -> OvfField:
    """Return the field in the file at `path`.

    Raises
    ------
    UserError
        As `read_ovf_header`, and if the values are cut short, not finite, or fewer or more than the
        header says. A size is compared with that of the file before anything is allocated.
    """
    return _read(path, _field)


def _read(path: Path, part: Callable[[BinaryIO], _T]) -> _T:
    try:
        with path.open("rb") as file:
            return part(file)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    except _MalformedError as problem:
        raise UserError(f"{path} cannot be read as OVF: {problem}.") from None


def _header(file: BinaryIO) -> OvfHeader:
    first = _FIRST_LINE.fullmatch(_line(file))
    if first is None:
        raise _MalformedError("its first line names neither OVF 1.0 nor 2.0 on a rectangular mesh")
    is_first_version = first[1] is not None
    entries: dict[str, str] = {}
    for _ in range(_LINES_MAX):
        line = _line(file)
        data = _BEGIN_DATA.fullmatch(line)
        if data is not None:
            break
        if line and not line.startswith("#"):
            raise _MalformedError(f"its header has the line {line[:40]!r}")
        key, _, value = line.partition("##")[0].lstrip("# ").partition(":")
        entries["".join(key.lower().split())] = value.strip()
    else:
        raise _MalformedError("its header does not end")
    if entries.get("segmentcount", "1") != "1":
        raise _MalformedError(f"it has {entries['segmentcount']} segments, not one")
    if entries.get("meshtype") != "rectangular":
        raise _MalformedError(f"its mesh is {entries.get('meshtype') or 'of no type'!r}")
    metres = _METRES.get(entries.get("meshunit", "m"))
    if metres is None:
        raise _MalformedError(f"its unit of length is {entries['meshunit']!r}")
    components = 3 if is_first_version else _count(entries, "valuedim")
    if components not in (1, 3):
        raise _MalformedError(f"it has {components} values a cell, not 1 or 3")
    nodes = [_count(entries, f"{axis}nodes") for axis in "zyx"]
    # 3e-09 m is 3 nm: nine digits leave out what the change of unit adds
    steps = [float(f"{_positive(entries, f'{a}stepsize') * metres * 1e9:.9g}") for a in "xyz"]
    unit = entries.get("valueunit", "") if is_first_version else entries.get("valueunits", "1")
    unit = unit.split()[0] if unit.split() else ""
    return OvfHeader(
        shape=(nodes[0], nodes[1], nodes[2], components),
        cell_size_nm=(steps[0], steps[1], steps[2]),
        title=entries.get("title", ""),
        unit="" if unit == "1" else unit,
        multiplier=_positive(entries, "valuemultiplier") if "valuemultiplier" in entries else 1.0,
        number_type=np.dtype(f"{'>' if is_first_version else '<'}f{data[1]}") if data[1] else None,
        data_at=file.tell(),
    )


def _line(file: BinaryIO) -> str:
    line = file.readline(_LINE_LENGTH_MAX)
    if not line.endswith(b"\n"):
        raise _MalformedError("its header is cut short")
    return line.decode(errors="replace").strip()


def _count(entries: dict[str, str], key: str) -> int:
    value = _positive(entries, key)
    if value != int(value):
        raise _MalformedError(f"{key} is {entries[key][:40]!r}")
    return int(value)


def _positive(entries: dict[str, str], key: str) -> float:
    if key not in entries:
        raise _MalformedError(f"{key} is missing")
    try:
        value = float(entries[key])
    except ValueError:
        value = np.nan
    if not 0 < value < np.inf:
        raise _MalformedError(f"{key} is {entries[key][:40]!r}")
    return value


def _field(file: BinaryIO) -> OvfField:
    header = _header(file)
    remaining = file.seek(0, 2) - header.data_at
    file.seek(header.data_at)
    count = math.prod(header.shape)
    # a number in a text takes two bytes at least, with the space after it
    if remaining < count * (header.number_type.itemsize if header.number_type else 2):
        raise _MalformedError(f"it is cut short: {remaining} bytes are too few for {count} values")
    values = _binary(file, header.number_type, count) if header.number_type else _text(file, count)
    with np.errstate(over="ignore"):
        values = values * values.dtype.type(header.multiplier)
    if not np.isfinite(values).all():
        raise _MalformedError("not all of its values are finite")
    return OvfField(values.reshape(header.shape), header.cell_size_nm, header.title, header.unit)


def _binary(file: BinaryIO, number_type: np.dtype, count: int) -> np.ndarray:
    width = number_type.itemsize
    check = file.read(width)
    if len(check) < width or np.frombuffer(check, number_type)[0] != CHECK_VALUES[width]:
        raise _MalformedError("its binary data do not start with the check value")
    data = file.read(count * width)
    if len(data) < count * width:
        raise _MalformedError(f"it is cut short: {count} values were announced")
    if not _END_DATA.match(file.read(100)):
        raise _MalformedError(f"its data do not end after {count} values")
    return np.frombuffer(data, number_type).astype(number_type.newbyteorder("="))


def _text(file: BinaryIO, count: int) -> np.ndarray:
    text = file.read()
    end = _END_DATA.search(text)
    if end is None:
        raise _MalformedError("it is cut short: its data do not end")
    try:
        with warnings.catch_warnings():
            # numpy stops at what is no number, and the count tells
            warnings.simplefilter("ignore", DeprecationWarning)
            values = np.fromstring(text[: end.start()].decode("ascii"), sep=" ")
    except ValueError:
        values = np.empty(0)
    if len(values) != count:
        raise _MalformedError(f"it has {len(values)} numbers where {count} belong")
    return values
