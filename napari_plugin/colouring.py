"""From a property of a skyrmion to the colour of its outline."""

from __future__ import annotations

import numpy as np
import pandas as pd
from napari.utils.colormaps import ensure_colormap

#: What outlines can be coloured by, and how the operator reads it.
COLOURINGS = {
    "track": "track",
    "diameter": "diameter",
    "confidence": "confidence",
    "psi6": "lattice order |ψ6|",
}
#: Colour indices of outlines: `FIRST` to `LAST` are colours, `UNKNOWN` a value that is not known.
FIRST, LAST, UNKNOWN = 2, 241, 242
#: Those of the other marks; 0 is not drawn. Where lines are thickened the higher index wins.
BOND, TAILS_BY_AGE, CENTRE, FIVE, SEVEN, RIM = 1, (243, 244, 245), 246, 247, 248, 249

# Light colours of the same weight, far from the grey of the image: neighbours can be told apart
# and none shouts.
TRACK_COLOURS = (
    "#7fd1e8",
    "#f2c14e",
    "#8ee3a1",
    "#f59ca9",
    "#b9a8f5",
    "#f7a86b",
    "#6fe0cf",
    "#d9d77a",
)
_UNKNOWN_COLOUR = "#c8c8c8"
_TAIL_COLOUR = "#ffedb3"
# Vermilion and sky blue stay apart for colour-blind eyes, and their symbols for all.
_MARK_COLOURS = {
    BOND: ("#e8e8e8", 0.55),
    TAILS_BY_AGE[0]: (_TAIL_COLOUR, 0.3),
    TAILS_BY_AGE[1]: (_TAIL_COLOUR, 0.6),
    TAILS_BY_AGE[2]: (_TAIL_COLOUR, 1.0),
    CENTRE: ("#ffffff", 1.0),
    FIVE: ("#ff6a3d", 1.0),
    SEVEN: ("#56b4ff", 1.0),
    RIM: ("#101010", 1.0),
}
_DARKEST = 0.15  # of the colormap: what is darker would be lost in the image


def colour_indices(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Return the colour index of each value on a scale.

    Parameters
    ----------
    values
        Shape (n,); values outside the limits get the colour of the nearer end.
    limits
        Lower and upper end of the scale.

    Returns
    -------
    numpy.ndarray
        uint8 of shape (n,): `FIRST` to `LAST`, or `UNKNOWN` where the value is NaN.
    """
    low, high = limits
    known = np.isfinite(values)
    fraction = np.clip((np.where(known, values, low) - low) / max(high - low, 1e-12), 0, 1)
    indices = FIRST + np.rint(fraction * (LAST - FIRST))
    return np.where(known, indices, UNKNOWN).astype(np.uint8)


def track_indices(particles: np.ndarray) -> np.ndarray:
    """Return the colour index of each track number: uint8 of shape (n,).

    Numbers are folded into `FIRST` to `LAST`; one that is not linked (-1) is `UNKNOWN`.
    """
    folded = particles % (LAST - FIRST + 1) + FIRST
    return np.where(particles >= 0, folded, UNKNOWN).astype(np.uint8)


def value_of_label(table: pd.DataFrame, indices: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return the lookup from label to colour index.

    Parameters
    ----------
    table
        n rows with the column `label`.
    indices
        Colour index of each row, uint8 of shape (n,).
    shown
        bool of shape (n,); the others map to 0.

    Returns
    -------
    numpy.ndarray
        uint8 of shape (65536,): 0 for the background, `UNKNOWN` for labels without a row.
    """
    lookup = np.full(np.iinfo(np.uint16).max + 1, UNKNOWN, np.uint8)
    lookup[0] = 0
    labels = table["label"].to_numpy()
    known = (labels > 0) & (labels < len(lookup))
    lookup[labels[known]] = np.where(shown, indices, 0)[known]
    return lookup


def colours(by: str) -> np.ndarray:
    """Return the RGBA colour of every index: float64 of shape (256, 4)."""
    table = np.zeros((256, 4))
    if by == "track":
        tracks = np.array([rgba(colour) for colour in TRACK_COLOURS])
        table[FIRST : LAST + 1] = tracks[np.arange(LAST - FIRST + 1) % len(tracks)]
    else:
        steps = np.linspace(_DARKEST, 1, LAST - FIRST + 1)
        table[FIRST : LAST + 1] = ensure_colormap("viridis").map(steps)
    table[UNKNOWN] = rgba(_UNKNOWN_COLOUR)
    for index, (colour, alpha) in _MARK_COLOURS.items():
        table[index] = rgba(colour, alpha)
    return table


class SteadyLimits:
    """Ends of the diameter scale, which stay for as long as they fit: a colour keeps its meaning.

    They are taken anew when the middle 96 % of the values outgrow them, or fill less than a
    quarter of the scale.
    """

    def __init__(self) -> None:
        self._limits: tuple[float, float] | None = None

    def clear(self) -> None:
        """Forget the scale."""
        self._limits = None

    def follow(self, values: np.ndarray) -> tuple[float, float]:
        """Return the ends for `values` of shape (n,), NaN ignored; (0, 1) before the first."""
        values = values[np.isfinite(values)]
        if len(values):
            low, high = (float(value) for value in np.percentile(values, (2, 98)))
            if self._limits is None or not self._fits(low, high):
                margin = max(0.25 * (high - low), 0.05 * abs(high), 1e-6)
                self._limits = (max(0.0, low - margin), high + margin)
        return self._limits or (0.0, 1.0)

    def _fits(self, low: float, high: float) -> bool:
        assert self._limits is not None
        bottom, top = self._limits
        wide = high - low < (top - bottom) / 4 and top - bottom > 0.2 * abs(high)
        return bottom <= low and high <= top and not wide


def rgba(colour: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """Return the colour `#rrggbb` as four numbers from 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue, alpha
