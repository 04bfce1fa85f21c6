"""Shows results as they come: a table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import logging
import re
from collections import deque
from types import TracebackType

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

    While it is open, log messages go to standard error without tearing the table.
    """

    def __init__(self) -> None:
        self._console = Console()
        self._terminal = self._console.is_terminal
        self._rows: deque[tuple[str, ...]] = deque(maxlen=_ROWS)
        self._counters: dict[str, int] = {}
        self._warned: set[str] = set()
        self._live: Live | None = None
        self._handler: logging.Handler = logging.StreamHandler()
        if self._terminal:
            self._handler = RichHandler(console=self._console, show_path=False, show_time=False)
        else:
            self._handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))

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
            print("  ".join(f"{cell:>{_WIDTH}}" for cell in row), flush=True)

    def settling(self, done: int, total: int) -> None:
        """Say how far the results of a run that is over have been put in order."""
        caption = f"putting the results in order: frame {done} of {total}"
        if self._live is not None:
            self._live.update(self._table(caption))
        elif done == total:
            print(caption, flush=True)

    def __enter__(self) -> LiveDisplay:
        logging.getLogger().addHandler(self._handler)
        if self._terminal:
            self._live = Live(self._table(), console=self._console, refresh_per_second=8)
            self._live.__enter__()
        else:
            print("  ".join(f"{cell:>{_WIDTH}}" for cell in _HEADER), flush=True)
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

    def _table(self, caption: str = "") -> Table:
        counters = "   ".join(f"{name.replace('_', ' ')} {n}" for name, n in self._counters.items())
        table = Table(caption=caption or counters or "waiting for frames")
        for name in _HEADER:
            table.add_column(name, justify="right")
        for row in self._rows:
            table.add_row(*row)
        return table


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
