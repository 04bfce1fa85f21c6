"""Colours of the curves, for dark and for light surroundings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours that stay apart for colour-blind eyes, as ``#rrggbb``.

    Attributes
    ----------
    one
        A curve without a direction.
    other
        A second one beside it.
    up, down
        Ways up and down of a sweep.
    mark
        Events.
    """

    one: str
    other: str
    up: str
    down: str
    mark: str

    def of(self, direction: int) -> str:
        """Return the colour of a direction: 1 up, -1 down, 0 none."""
        return {1: self.up, -1: self.down}.get(direction, self.one)


ON_DARK = Palette("#6fd0c0", "#d3a4e8", "#f0a355", "#6fb4f0", "#d9d77a")
ON_LIGHT = Palette("#00796b", "#8436a8", "#b85300", "#1464ad", "#7a6a00")
