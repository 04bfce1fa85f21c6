"""Period and contrast direction of a skyrmion lattice, from the power spectrum of its image.

To first order a tilted Neel film shows (Fourier space, weak phase)

    I(k) = sin(chi(k)) * k_along_axis / k^2 * Mz(k),

the derivative of a round pattern along the tilt axis. The power on the ring of the lattice
therefore varies as cos^2 of the angle to the tilt axis, and the axis is the direction of its second
angular moment. A perfect hexagon of peaks has no second (and no fourth) moment of its own, so this
holds for a single crystal as it does for a polycrystal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..stream.errors import UserError

_WINDOW = 512
_SMALLEST_PERIOD = 4.0
#: Annuli per octave of the radial profile.
_PER_OCTAVE = 8
#: Least prominence of a ring, in nepers of power. Lattices reach 3 to 7, pure noise at most 1.9 (in
#: images of 100 to 700 pixels).
_PROMINENCE = 2.0
_RING = (0.75, 1.35)


@dataclass(frozen=True)
class LatticeRing:
    """One ring of the power spectrum.

    Attributes
    ----------
    neighbour_distance
        Nearest-neighbour distance of the triangular lattice with this ring, 2 / (sqrt(3) q), in
        pixels.
    axis_deg
        Direction of the strongest contrast from +x towards +y, 0 to 180: the tilt axis, either way.
    anisotropy
        Second angular moment of the ring's power: 0.5 for a pure dipole pattern, 0 for a round one.
    prominence
        Of the ring in the logarithm of the radial profile.
    """

    neighbour_distance: float
    axis_deg: float
    anisotropy: float
    prominence: float


def lattice_rings(image: np.ndarray) -> list[LatticeRing]:
    """Return the rings of an image's power spectrum, the most prominent first.

    Parameters
    ----------
    image
        Shape (height, width), real and finite; camera or engine geometry.

    Raises
    ------
    UserError
        The image is too small, or its spectrum has no ring: no regular pattern.
    """
    if min(image.shape) < 64:
        raise UserError("The image is too small to find the period of a lattice in it.")
    # here, since it takes as long to import as all else that a command starts with
    from scipy.signal import find_peaks

    power = _power(image)
    y, x = np.meshgrid(*(np.fft.fftfreq(side) for side in power.shape), indexing="ij")
    radius = np.hypot(y, x)
    lowest, highest = 3 / power.shape[0], 1 / _SMALLEST_PERIOD
    edges = np.geomspace(lowest, highest, round(_PER_OCTAVE * math.log2(highest / lowest)) + 1)
    annulus = np.digitize(radius.ravel(), edges) - 1
    inside = (annulus >= 0) & (annulus < len(edges) - 1)
    size = np.bincount(annulus[inside], minlength=len(edges) - 1)
    total = np.bincount(annulus[inside], power.ravel()[inside], len(edges) - 1)
    filled = size > 0
    frequency = np.sqrt(edges[1:] * edges[:-1])[filled]
    profile = np.log(total[filled] / size[filled] + np.finfo(float).tiny)
    peaks, properties = find_peaks(profile, prominence=_PROMINENCE)
    if len(peaks) == 0:
        raise UserError("The image shows no regular pattern from which to find scale and tilt.")

    # White noise is isotropic, but it would dilute the anisotropy.
    excess = np.maximum(power - np.median(power[radius > 0.4]), 0)
    turning = excess * np.exp(2j * np.arctan2(y, x))
    rings = []
    for peak, prominence in zip(peaks, properties["prominences"], strict=True):
        ring = (radius > _RING[0] * frequency[peak]) & (radius < _RING[1] * frequency[peak])
        weight = excess[ring].sum()
        moment = complex(turning[ring].sum()) / max(float(weight), np.finfo(float).tiny)
        # the centre of gravity: the annuli are wider than the ring's position is uncertain
        centre = float((excess * radius)[ring].sum() / weight) if weight else frequency[peak]
        rings.append(
            LatticeRing(
                neighbour_distance=2 / (math.sqrt(3) * centre),
                axis_deg=math.degrees(np.angle(moment)) / 2 % 180,
                anisotropy=abs(moment),
                prominence=float(prominence),
            )
        )
    return sorted(rings, key=lambda ring: -ring.prominence)


def _power(image: np.ndarray) -> np.ndarray:
    """Return the mean power spectrum of half-overlapping Hann windows, planes taken out (Welch)."""
    side = min(_WINDOW, *image.shape)
    window = np.outer(*[np.hanning(side + 1)[:-1]] * 2)
    ramp = np.linspace(-1, 1, side)
    ramp_norm = side * float((ramp**2).sum())
    power = np.zeros((side, side))
    for top in _starts(image.shape[0], side):
        for left in _starts(image.shape[1], side):
            tile = image[top : top + side, left : left + side].astype(np.float64)
            tile -= tile.mean()
            slope_y, slope_x = (tile.sum(axis=1) @ ramp, tile.sum(axis=0) @ ramp)
            tile -= (slope_y * ramp[:, None] + slope_x * ramp) / ramp_norm
            power += np.abs(np.fft.fft2(tile * window)) ** 2
    return power


def _starts(length: int, side: int) -> np.ndarray:
    """Return where windows begin: at most half a window apart, from edge to edge."""
    return np.linspace(0, length - side, math.ceil(2 * (length - side) / side) + 1).astype(int)
