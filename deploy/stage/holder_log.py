"""The last line of a CSV file that a holder's own software keeps adding to."""

from __future__ import annotations

import csv
import glob
import io
import os

#: More than two lines of any log, and read in no time.
_TAIL_BYTES = 64 * 1024


class GrowingCsv:
    r"""Reads the newest complete line of a growing CSV file.

    What is there at the first look is old, and only remembered.

    Parameters
    ----------
    pattern
        Path of the file, or a pattern such as ``C:\logs\*.csv``, of which the newest file is
        read: many programs begin a new file for every session.
    columns
        Quantity (as in stage messages) to the heading of its column.
    delimiter
        Between columns; found in the headings by default.
    decimal
        Decimal point or comma.
    encoding
        Of the file.
    """

    def __init__(
        self,
        pattern: str,
        columns: dict,
        delimiter: str | None = None,
        decimal: str = ".",
        encoding: str = "utf-8-sig",
    ) -> None:
        self._pattern = pattern
        self._columns = columns
        self._delimiter = delimiter
        self._decimal = decimal
        self._encoding = encoding
        self._last: tuple | None = None

    def read(self) -> dict:
        """Return the quantities of the newest line; empty if there is no new one.

        Cells that hold no number are left out.

        Raises
        ------
        ValueError
            If there is no such file, or no line with the headings.
        """
        path = self._newest_file()
        with open(path, "rb") as file:
            head = file.read(_TAIL_BYTES)
            file.seek(0, os.SEEK_END)
            start = max(0, file.tell() - _TAIL_BYTES)
            file.seek(start)
            tail = file.read()
        headings, delimiter = self._headings(self._lines(head), path)
        lines = self._lines(tail)
        before, self._last = self._last, (path, start + tail.rfind(b"\n"))
        if before in (None, self._last) or not lines:
            return {}
        cells = next(csv.reader(io.StringIO(lines[-1]), delimiter=delimiter))
        if [cell.strip() for cell in cells] == headings:
            return {}
        places = {name: headings.index(heading) for name, heading in self._columns.items()}
        values = {name: self._number(cells, place) for name, place in places.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _newest_file(self) -> str:
        paths = [self._pattern] if os.path.isfile(self._pattern) else glob.glob(self._pattern)
        if not paths:
            raise ValueError(f"There is no file {self._pattern}.")
        return max(paths, key=os.path.getmtime)

    def _lines(self, part: bytes) -> list:
        # Without the last line break there may be half a number behind it.
        complete = part[: part.rfind(b"\n") + 1]
        text = complete.decode(self._encoding, "replace").replace("\0", "")
        return [line for line in text.splitlines() if line]

    def _headings(self, lines: list, path: str) -> tuple:
        delimiters = [self._delimiter] if self._delimiter else [",", ";", "\t"]
        for line in lines:
            for delimiter in delimiters:
                cells = [c.strip() for c in next(csv.reader([line], delimiter=delimiter), [])]
                if set(self._columns.values()) <= set(cells):
                    return cells, delimiter
        wanted = ", ".join(repr(heading) for heading in self._columns.values())
        raise ValueError(f"{path} has no line with the headings {wanted}.")

    def _number(self, cells: list, place: int) -> float | None:
        try:
            return float(cells[place].replace(self._decimal, "."))
        except (IndexError, ValueError):
            return None
