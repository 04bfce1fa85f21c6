"""Figures of the page, in the style of all of the project's pictures."""

from __future__ import annotations

from pathlib import Path

from matplotlib import style
from matplotlib.figure import Figure

from skyrmlive.trainer.evaluation.drawing import BLUE, GREEN, ORANGE, SKY, STYLE

__all__ = ["BLACK", "BLUE", "GREEN", "ORANGE", "SKY", "VERMILION", "new_figure", "save"]

BLACK, VERMILION = "#000000", "#d55e00"


def new_figure(height_in: float, width_in: float = 9.0) -> Figure:
    """Return an empty figure in the page's style."""
    style.use({**STYLE, "image.origin": "upper"})
    return Figure(figsize=(width_in, height_in), layout="constrained")


def save(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG, without the version of matplotlib in it."""
    figure.savefig(path, dpi=100, metadata={"Software": None})
