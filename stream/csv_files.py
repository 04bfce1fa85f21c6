"""Results as CSV tables for a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import IO

import pandas as pd

from .closing import Closing
from .errors import UserError
from .recording import Recording
from .result import TABLE_DTYPES, ResultSummary

_SKIPPED = {"latency_ms", "counters", "stage_age_s", "warnings"}


class CsvResults(Closing):
    """Writes ``skyrmions.csv`` (one row a skyrmion) and ``frames.csv`` (one row a frame).

    Parameters
    ----------
    folder
        Where to write; made if it is missing.

    Raises
    ------
    UserError
        If the files exist already or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.skyrmions = folder / "skyrmions.csv"
        self.frames = folder / "frames.csv"
        self._columns = [name for name in ResultSummary.model_fields if name not in _SKIPPED]
        self._files: list[IO[str]] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in (self.skyrmions, self.frames):
                self._files.append(path.open("x", newline="", encoding="utf-8"))
        except FileExistsError as error:
            self.close()
            raise UserError(f"{error.filename} exists already.") from None
        except OSError as error:
            self.close()
            raise UserError(f"Cannot write to {folder}: {error.strerror}.") from None
        csv.writer(self._files[0]).writerow(TABLE_DTYPES)
        self._summaries = csv.DictWriter(self._files[1], [*self._columns, "warnings"])
        self._summaries.writeheader()

    def append(self, summary: ResultSummary, table: pd.DataFrame) -> None:
        """Append one result."""
        table.to_csv(self._files[0], columns=list(TABLE_DTYPES), header=False, index=False)
        row = summary.model_dump(include=set(self._columns))
        self._summaries.writerow(row | {"warnings": " ".join(summary.warnings)})

    def append_recording(self, recording: Recording) -> None:
        """Append all results of a recording, in the order of its frames."""
        for summary, (_, table) in zip(recording.summaries(), recording.tables(), strict=True):
            self.append(summary, table)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()
