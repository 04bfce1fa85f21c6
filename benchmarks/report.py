"""What all benchmarks have: their options, a table of figures, and the file with the same."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table


def parser(doc: str | None, quick: str) -> argparse.ArgumentParser:
    """Return a parser with ``--quick`` and ``--json``.

    Parameters
    ----------
    doc
        The docstring of the script, whose first line describes it.
    quick
        What ``--quick`` does.
    """
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--json", type=Path, help="write the figures there")
    return parser


def resident_mb() -> float:
    """Return what this process holds in memory; Linux only."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def show(title: str, figures: Mapping[str, float]) -> None:
    """Print figures, one a row; whole numbers in full, others with four digits."""
    table = Table("figure", "value", title=title)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:.4g}" if value % 1 else f"{value:,.0f}")
    Console().print(table)


def write(path: Path | None, figures: Mapping[str, float]) -> None:
    """Write figures as one flat object of JSON, where a path was given."""
    if path is not None:
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
