"""Results as CSV tables for a spreadsheet."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pandas as pd

from .closing import Closing
from .errors import UserError, cannot_write
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
        If the files exist already or the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
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
            raise self._cannot_write(error) from None
        csv.writer(self._files[0]).writerow(TABLE_DTYPES)
        self._summaries = csv.DictWriter(self._files[1], [*self._columns, "warnings"])
        self._summaries.writeheader()

    def append(self, summary: ResultSummary, table: pd.DataFrame) -> None:
        """Append one result; raise UserError if the disk refuses."""
        row = summary.model_dump(include=set(self._columns))
        try:
            table.to_csv(self._files[0], columns=list(TABLE_DTYPES), header=False, index=False)
            self._summaries.writerow(row | {"warnings": " ".join(summary.warnings)})
        except OSError as error:
            raise self._cannot_write(error) from None

    def append_recording(self, recording: Recording) -> None:
        """Append all results of a recording, in the order of its frames."""
        for summary, (_, table) in zip(recording.summaries(), recording.tables(), strict=True):
            self.append(summary, table)

    def close(self) -> None:
        """Close the files; raise UserError if the disk refuses what is not there yet."""
        try:
            with ExitStack() as closing:
                for file in self._files:
                    closing.callback(file.close)
        except OSError as error:
            raise self._cannot_write(error) from None

    def _cannot_write(self, error: OSError) -> UserError:
        # An export writes into a folder of this name, and removes it.
        folder = self._folder.with_name(self._folder.name.removesuffix(".part"))
        return cannot_write(folder, error)
