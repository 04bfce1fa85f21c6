"""Summaries as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from .measures import MEASURES, Measure


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are set to the right."""
    rule = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def with_interval(row: pd.Series, name: str, decimals: int) -> str:
    """Return a figure with its interval, such as 0.953 [0.951, 0.955]; a dash if there is none."""
    figures = row.to_dict()
    values = [float(figures[f"{name}{end}"]) for end in ("", "_low", "_high")]
    if not np.isfinite(values[0]):
        return "-"
    value, low, high = (f"{round(v, decimals) + 0.0:.{decimals}f}" for v in values)
    return f"{value} [{low}, {high}]"


def summary_table(summary: pd.DataFrame, measures: Sequence[str], title: str | None = None) -> str:
    """Return measures of a summary, one row a value of its index.

    `title` heads the first column, by default the index's name.
    """
    chosen = [MEASURES[name] for name in measures]
    header = [title or str(summary.index.name), *(measure.title for measure in chosen)]
    rows = [
        [_text(value), *(with_interval(row, m.name, m.decimals) for m in chosen)]
        for value, row in summary.iterrows()
    ]
    return table(header, rows)


def comparison_table(summaries: Mapping[str, pd.DataFrame], measure: Measure, title: str) -> str:
    """Return one measure of several summaries side by side; all have the first one's index."""
    first = next(iter(summaries.values()))
    rows = [
        [
            _text(value),
            *(
                with_interval(summary.loc[value], measure.name, measure.decimals)
                for summary in summaries.values()
            ),
        ]
        for value in first.index
    ]
    return table([title, *summaries], rows)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
