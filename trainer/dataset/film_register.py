"""The register of a set: one line of JSON a film, in a file that may be cut short at any byte."""

from __future__ import annotations

import json
import os
from io import FileIO
from pathlib import Path
from typing import Any

from ...stream.recording.jsonl import JsonLinesReader
from ...stream.recording.layout import write_whole


class FilmRegister:
    """`films.jsonl`: a film counts once its line is there, with the newline at its end.

    One process writes; what it wrote is on disk when `append` returns.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def records(self) -> list[dict[str, Any]]:
        """Return the record of every film, in the order of their index."""
        by_index = {record["index"]: record for record in JsonLinesReader(self._path)}
        return [by_index[index] for index in sorted(by_index)]

    def append(self, record: dict[str, Any]) -> None:
        """Add the line of one film, whole or not at all."""
        line = _line(record)
        with self._path.open("a+b", buffering=0) as register:
            end = _end_of_last_line(register)
            register.truncate(end)
            try:
                while line:
                    line = line[register.write(line) :]
                os.fsync(register.fileno())
            except OSError:
                register.truncate(end)
                raise

    def rewrite(self, records: list[dict[str, Any]]) -> None:
        """Replace the register, at once."""
        write_whole(self._path, lambda register: register.write(b"".join(map(_line, records))))


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"


def _end_of_last_line(register: FileIO) -> int:
    """Return where the last whole line ends: a kill may have torn the one after it."""
    size = register.seek(0, os.SEEK_END)
    register.seek(max(0, size - 1))
    if register.read(1) in (b"", b"\n"):
        return size
    register.seek(0)
    return register.read().rfind(b"\n") + 1
