"""Shows results as they come: a table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from io import TextIOBase
from types import TracebackType
from typing import TextIO, cast

from rich.console import Console
from rich.live import Live
from rich.logging import RichHandler
from rich.table import Table

from ..stream.result import FrameResult, ResultSummary
from ..stream.size_text import size_text

_ROWS = 15
_WORTH_TELLING_S = 2.0
_NUMBER = re.compile(r"\d+(\.\d+)?")
_WIDTH = 19
"""Of a column of plain lines; `38.2 (35.1 to 41.6)` fits."""
_HEADER = ("frame", "skyrmions", "diameter / nm", "latency / ms", "T / K", "B / mT", "analysed")


class LiveDisplay:
    """Prints one row a result, and every kind of warning once.

    While it is open, log messages go to standard error without tearing the table. When nothing that
    it writes is taken any more, since a reader has left or a disk is full, this is said once, and
    the run goes on.
    """

    def __init__(self) -> None:
        self._output = cast("TextIO", _StandardOutput(self._say_that_it_is_refused))
        self._console = Console(file=self._output)
        self._terminal = self._console.is_terminal
        self._rows: deque[tuple[str, ...]] = deque(maxlen=_ROWS)
        self._counters: dict[str, int] = {}
        self._warned: set[str] = set()
        self._live: Live | None = None
        # Made here, since what it writes to, standard error, is the table's while that is shown.
        self._plain_handler = _plain_handler()
        self._handler = self._plain_handler
        if self._terminal:
            self._handler = RichHandler(console=self._console, show_path=False, show_time=False)

    def show(self, result: FrameResult) -> None:
        """Add the row of one result."""
        row = _row(result.summary)
        for warning in result.summary.warnings:
            kind = _NUMBER.sub("", warning)
            if kind not in self._warned:
                self._warned.add(kind)
                logging.getLogger(__name__).warning("frame %d: %s", result.summary.frame, warning)
        self._rows.append(row)
        self._counters = result.summary.counters
        if self._live is not None:
            self._live.update(self._table())
        else:
            self._print("  ".join(f"{cell:>{_WIDTH}}" for cell in row))

    def settling(self, done: int, total: int) -> None:
        """Say how far the results of a run that is over have been put in order."""
        caption = f"putting the results in order: frame {done} of {total}"
        if self._live is not None:
            self._live.update(self._table(caption))
        elif done == total:
            self._print(caption)

    def __enter__(self) -> LiveDisplay:
        logging.getLogger().addHandler(self._handler)
        if self._terminal:
            self._live = Live(self._table(), console=self._console, refresh_per_second=8)
            self._live.__enter__()
        else:
            self._print("  ".join(f"{cell:>{_WIDTH}}" for cell in _HEADER))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, traceback)
        logging.getLogger().removeHandler(self._handler)

    def _print(self, line: str) -> None:
        print(line, file=self._output, flush=True)

    def _say_that_it_is_refused(self, error: OSError) -> None:
        logging.getLogger().removeHandler(self._handler)
        self._handler = self._plain_handler
        logging.getLogger().addHandler(self._handler)
        logging.getLogger(__name__).warning(
            "Results are not shown any more: %s.", error.strerror or error
        )

    def _table(self, caption: str = "") -> Table:
        counters = "   ".join(f"{name.replace('_', ' ')} {n}" for name, n in self._counters.items())
        table = Table(caption=caption or counters or "waiting for frames")
        for name in _HEADER:
            table.add_column(name, justify="right")
        for row in self._rows:
            table.add_row(*row)
        return table


class _StandardOutput(TextIOBase):
    """Standard output; when it refuses to be written to, `on_refusal` is called, and that is all.

    Nothing that is written later, by whomever, goes anywhere then.
    """

    def __init__(self, on_refusal: Callable[[OSError], None]) -> None:
        self._stream = sys.stdout
        self._on_refusal = on_refusal

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError as error:
            self._refused(error)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._refused(error)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._stream.encoding

    def _refused(self, error: OSError) -> None:
        # Python keeps what was refused and writes it again at exit, which would end in an error.
        with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())
        self._on_refusal(error)


def _plain_handler() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    return handler


def _row(summary: ResultSummary) -> tuple[str, ...]:
    return (
        str(summary.frame),
        str(summary.n_skyrmions),
        _size(summary),
        _number(summary.latency_ms.get("arrival_to_result"), 0),
        _number(summary.temperature_k, 1) + _age(summary, "temperature_k"),
        _number(summary.field_mt, 1) + _age(summary, "field_mt"),
        summary.analysed,
    )


def _size(summary: ResultSummary) -> str:
    mean_nm = summary.mean_diameter_nm
    ends = summary.mean_diameter_low_nm, summary.mean_diameter_high_nm
    return _number(None, 1) if mean_nm is None else size_text(mean_nm, *ends, unit="")


def _age(summary: ResultSummary, quantity: str) -> str:
    """Return how old a reading of the stage is, once that is worth telling."""
    age_s = summary.stage_age_s.get(quantity, 0.0)
    return f" ({age_s:.0f} s old)" if age_s >= _WORTH_TELLING_S else ""


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
