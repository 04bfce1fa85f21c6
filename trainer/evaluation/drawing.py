"""One style for all pictures of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .measures import MEASURES

# of Okabe and Ito's colours, which the colour-blind tell apart
BLUE, ORANGE, GREEN, PURPLE, SKY, GREY = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#7f7f7f",
)
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, "black")
MARKERS = ("o", "s", "^", "D", "v", "P")
DPI = 110

STYLE: Any = {
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "legend.frameon": False,
}


@contextmanager
def picture(
    path: Path, columns: int = 1, rows: int = 1, width_in: float = 4.2, height_in: float = 3.2
) -> Iterator[np.ndarray]:
    """Give the panels of a new picture, an array (rows, columns) of `Axes`; then write it as a PNG.

    Parameters
    ----------
    width_in, height_in
        Of one panel.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(columns * width_in, rows * height_in), layout="constrained")
        yield figure.subplots(rows, columns, squeeze=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        # without the version of matplotlib in it
        figure.savefig(path, dpi=DPI, metadata={"Software": None})


def draw_measure(panel: Axes, summary: pd.DataFrame, name: str, label: str, series: int) -> None:
    """Draw a measure against the index of a summary, with its interval as a band.

    Parameters
    ----------
    name
        Of the measure, as in `MEASURES`.
    series
        Number of this series in its panel, which settles colour and marker.
    """
    summary = summary.sort_index()
    colour, marker = COLOURS[series % len(COLOURS)], MARKERS[series % len(MARKERS)]
    place = summary.index.to_numpy(float)
    panel.plot(place, summary[name].to_numpy(float), color=colour, marker=marker, label=label)
    low, high = (summary[f"{name}_{end}"].to_numpy(float) for end in ("low", "high"))
    panel.fill_between(place, low, high, color=colour, alpha=0.2, linewidth=0)


def measure_title(name: str) -> str:
    """Return the label of an axis that shows a measure."""
    return MEASURES[name].title
