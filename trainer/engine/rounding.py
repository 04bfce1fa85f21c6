"""Numbers as a bundle keeps them: as many digits as a fit to some hundred frames can tell."""

from __future__ import annotations

from collections.abc import Iterable


def rounded(values: Iterable[float]) -> tuple[float, ...]:
    """Return the values with five digits."""
    return tuple(float(f"{value:.5g}") for value in values)
