"""The range that an axis shows."""

from __future__ import annotations

import numpy as np


def axis_range(x: np.ndarray) -> tuple[float, float]:
    """Return a range around all known `x`, with a margin.

    It grows in steps of at least a thirty-second of itself: between them Qt paints the axes from
    what it has kept.
    """
    known = x[np.isfinite(x)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    span = high - low
    if not span:
        return low - 0.5, low + 0.5
    step = 2.0 ** np.floor(np.log2(span)) / 16
    margin = 0.02 * np.ceil(span / step) * step
    return float(np.floor((low - margin) / step) * step), float(
        np.ceil((high + margin) / step) * step
    )
