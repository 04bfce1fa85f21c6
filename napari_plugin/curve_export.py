"""The curves as a figure for print, and as a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..stream.errors import UserError, cannot_write
from .curve_data import AXES, Quantity, axis_values, curve, rows_by_direction
from .events import Event
from .histogram import Diameters, bin_edges, counts
from .history import COLUMNS, History
from .palette import ON_LIGHT

FIGURE_SUFFIXES = (".png", ".svg")
_WHOLE_NUMBERS = ("frame", "n_skyrmions", "n_stripes", "births", "deaths")
_POINTS = 5000
_DPI = 300
_WIDTH_IN, _PLOT_HEIGHT_IN = 6.3, 1.9
_NAMES = {1: "up", -1: "down"}


@dataclass(frozen=True, slots=True)
class FigureContent:
    """What a figure shows.

    Attributes
    ----------
    history
        All frames.
    axis
        A key of `AXES`.
    quantities
        One plot each, from above.
    events
        Horizontal position and event.
    histograms
        Diameters to draw in common bins, the newest first; empty for no histogram.
    """

    history: History
    axis: str
    quantities: Sequence[Quantity]
    events: Sequence[tuple[float, Event]] = ()
    histograms: Sequence[Diameters] = ()


def write_csv(path: Path, history: History) -> None:
    """Write one row a frame, with units in the names of the columns; unknown values stay empty.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    table = pd.DataFrame({name: history.column(name) for name in COLUMNS})
    table = table.astype(dict.fromkeys(_WHOLE_NUMBERS, "Int64"))
    try:
        table.to_csv(path, index=False)
    except OSError as error:
        raise cannot_write(path, error) from None


def write_figure(path: Path, content: FigureContent) -> None:
    """Write a figure as PNG or SVG.

    Raises
    ------
    UserError
        If the name has another ending, there is nothing to draw, or the file cannot be written.
    """
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        raise UserError(f"A figure is saved as PNG or SVG, so {path.name} must end in one of them.")
    n_plots = len(content.quantities) + bool(content.histograms)
    if n_plots == 0:
        raise UserError("No plot is shown, so there is nothing to save.")
    from matplotlib.figure import Figure  # takes half a second

    figure = Figure(figsize=(_WIDTH_IN, _PLOT_HEIGHT_IN * n_plots + 0.3), layout="constrained")
    plots = figure.subplots(n_plots, 1, squeeze=False)[:, 0]
    rows = rows_by_direction(content.history, content.axis)
    for plot, quantity in zip(plots, content.quantities, strict=False):
        _draw_quantity(plot, content, quantity, rows)
        plot.sharex(plots[0])
    if content.histograms:
        _draw_histograms(plots[-1], content.histograms)
    try:
        figure.savefig(path, dpi=_DPI)
    except OSError as error:
        raise cannot_write(path, error) from None


def _draw_quantity(
    plot: Any, content: FigureContent, quantity: Quantity, rows: dict[int, list[slice]]
) -> None:
    x = axis_values(content.history, content.axis)
    for number, column in enumerate(quantity.columns):
        for direction, parts in rows.items():
            sign = -1 if number % 2 else 1
            points = curve(
                content.history,
                x,
                parts,
                column,
                sign=sign,
                interval=quantity.interval,
                limit=_POINTS,
            )
            colour = ON_LIGHT.other if number and not direction else ON_LIGHT.of(direction)
            name = _NAMES.get(direction) if not number else None
            plot.plot(points.x, points.y, color=colour, linewidth=1.0, label=name)
            if quantity.interval:
                plot.fill_between(
                    points.x, points.low, points.high, color=colour, alpha=0.2, linewidth=0
                )
    for position, event in content.events:
        plot.axvline(position, color=ON_LIGHT.mark, linewidth=0.6)
        if quantity is content.quantities[0]:
            at = {"xy": (position, 1), "xycoords": plot.get_xaxis_transform(), "rotation": 90}
            plot.annotate(event.label, **at, fontsize=6, ha="right", va="top")
    if len(quantity.columns) > 1:
        plot.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    plot.set_ylabel(quantity.title.replace(" and ", "\nand "), fontsize=8)
    plot.set_xlabel(AXES[content.axis], fontsize=8)
    _finish(plot, legend=any(direction in _NAMES for direction in rows))


def _draw_histograms(plot: Any, histograms: Sequence[Diameters]) -> None:
    edges = bin_edges(*(each.values_nm for each in histograms))
    for each, colour in zip(histograms, (ON_LIGHT.one, ON_LIGHT.other), strict=False):
        if len(edges):
            plot.stairs(counts(each.values_nm, edges), edges, color=colour, label=each.name)
    plot.set_ylabel("skyrmions in a bin", fontsize=8)
    plot.set_xlabel("diameter (nm)", fontsize=8)
    _finish(plot, legend=bool(len(edges)))


def _finish(plot: Any, *, legend: bool) -> None:
    plot.tick_params(labelsize=7)
    plot.spines[["top", "right"]].set_visible(False)
    if legend:
        plot.legend(fontsize=7, frameon=False)
