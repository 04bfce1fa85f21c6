"""How the diameters are distributed, now and at a frame that was kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..stream.result import FrameResult, ResultSummary

FEWEST_BINS, MOST_BINS = 8, 40
_STEPS = (1.0, 2.0, 2.5, 5.0)


@dataclass(frozen=True, slots=True)
class Diameters:
    """The diameters of one frame.

    Attributes
    ----------
    values_nm
        Shape (n,): of the skyrmions away from the border, without stripes; all finite.
    name
        The frame in words, with its temperature and field.
    frame
        Its number.
    """

    values_nm: np.ndarray
    name: str
    frame: int


def diameters_of(result: FrameResult) -> Diameters:
    """Return the diameters in `result`."""
    table = result.table
    values = table["diameter_nm"].to_numpy()
    left_out = table["touches_border"].to_numpy() | table["is_stripe"].to_numpy()
    values = values[np.isfinite(values) & ~left_out]
    return Diameters(values, _name(result.summary), result.summary.frame)


def bin_edges(*samples: np.ndarray) -> np.ndarray:
    """Return the same bins for several samples.

    Their width is that of Freedman and Diaconis for all samples together, rounded to 1, 2, 2.5 or
    5 times a power of ten, so that the bins stand still from frame to frame; there are
    `FEWEST_BINS` to `MOST_BINS`.

    Parameters
    ----------
    *samples
        Each of shape (n,), finite.

    Returns
    -------
    numpy.ndarray
        Rising edges around all values, in their unit; empty without values.

    References
    ----------
    Freedman and Diaconis, Z. Wahrscheinlichkeitstheorie verw. Gebiete 57, 453 (1981).
    """
    values = np.concatenate(samples) if samples else np.empty(0)
    if not len(values):
        return np.empty(0)
    low, high = float(values.min()), float(values.max())
    if not high - low > 1e-9 * abs(high):
        middle, half = (low + high) / 2, max(0.04 * abs(high), 0.5)
        return np.linspace(middle - half, middle + half, FEWEST_BINS + 1)
    first, third = np.percentile(values, (25, 75))
    width = 2 * float(third - first) / np.cbrt(len(values))
    width = _rounded(float(np.clip(width, (high - low) / MOST_BINS, (high - low) / FEWEST_BINS)))
    edges = _edges(low, high, width)
    while len(edges) - 1 > MOST_BINS:
        width = _next_step(width)
        edges = _edges(low, high, width)
    while len(edges) - 1 < FEWEST_BINS:
        # As many bins below as above: rounding took more than the values fill.
        edges = np.concatenate([[edges[0] - width], edges, [edges[-1] + width]])
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)  # against rounding
    return edges


def counts(values_nm: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the number of values in each bin, int64 of shape (len(edges) - 1,)."""
    if len(edges) < 2:
        return np.empty(0, np.int64)
    return np.histogram(values_nm, edges)[0]


def _edges(low: float, high: float, width: float) -> np.ndarray:
    first, last = int(np.floor(low / width)), int(np.floor(high / width)) + 1
    return width * np.arange(first, last + 1)


def _rounded(width: float) -> float:
    """Return the step nearest to `width` on a logarithmic scale."""
    power = 10.0 ** np.floor(np.log10(width))
    steps = [power * step for step in (*_STEPS, 10.0)]
    return float(min(steps, key=lambda step: abs(np.log(step / width))))


def _next_step(width: float) -> float:
    return _rounded(width * 1.6)


def _name(summary: ResultSummary) -> str:
    parts = [f"frame {summary.frame}"]
    if summary.temperature_k is not None:
        parts.append(f"{summary.temperature_k:.1f} K")
    if summary.field_mt is not None:
        parts.append(f"{summary.field_mt:.0f} mT")
    return ", ".join(parts)
