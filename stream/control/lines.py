"""Lines of JSON in a file that one program appends to and another follows."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)
_MAX_LINE_BYTES = 1 << 16


def append_line(path: Path, document: dict[str, Any]) -> None:
    """Append `document` to `path` by one write, so that lines of two writers do not mix.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with path.open("ab", buffering=0) as file:
        file.write(json.dumps(document).encode() + b"\n")


class LineTail:
    """Follows a file; it may come later than its reader.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = 0

    def read(self) -> list[dict[str, Any]]:
        """Return what the lines say that were completed since the last call.

        What is no JSON object is logged and passed over.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._end)
                content = file.read()
        except FileNotFoundError:
            return []
        complete = content[: content.rfind(b"\n") + 1]
        self._end += len(complete)
        parsed = (self._parsed(line) for line in complete.splitlines())
        return [document for document in parsed if document is not None]

    def _parsed(self, line: bytes) -> dict[str, Any] | None:
        try:
            document = json.loads(line) if len(line) <= _MAX_LINE_BYTES else None
        except ValueError:
            document = None
        if isinstance(document, dict):
            return document
        _log.warning("A line of %s is not understood.", self._path)
        return None
