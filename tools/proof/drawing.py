"""One style for all pictures of the page."""

from __future__ import annotations

from pathlib import Path

from matplotlib import style
from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind tell apart
BLACK, ORANGE, SKY, GREEN = "#000000", "#e69f00", "#56b4e9", "#009e73"
BLUE, VERMILION, PURPLE = "#0072b2", "#d55e00", "#cc79a7"

_STYLE = {
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
    "image.origin": "upper",
}


def new_figure(height_in: float, width_in: float = 9.0) -> Figure:
    """Return an empty figure in the page's style."""
    style.use(_STYLE)
    return Figure(figsize=(width_in, height_in), layout="constrained")


def save(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG, without the version of matplotlib in it."""
    figure.savefig(path, dpi=100, metadata={"Software": None})
