"""What a theme of napari means for texts and curves."""

from __future__ import annotations

from napari.utils.theme import get_theme
from qtpy.QtGui import QColor


def is_light(theme: str) -> bool:
    """Say whether the background of a theme of napari is light."""
    return QColor(get_theme(theme).background.as_hex()).lightness() > 128


def warning_colour(theme: str) -> str:
    """Return the colour of warnings: napari's own yellow cannot be read on a light ground."""
    return "#a04a00" if is_light(theme) else get_theme(theme).warning.as_hex()
