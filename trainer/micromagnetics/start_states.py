"""States to start a relaxation from: random spins, skyrmions placed by hand, or stripes."""

from __future__ import annotations

import math

import numpy as np


def random_spins(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return independent, isotropic unit vectors, float32 of shape (3, ny, nx)."""
    m = rng.standard_normal((3, *shape)).astype(np.float32)
    return m / np.linalg.norm(m, axis=0, keepdims=True)


def spread_points(
    count: int, size: tuple[float, float], rng: np.random.Generator, rounds: int
) -> np.ndarray:
    """Place points at random on a torus and let them repel each other.

    The repulsion decays as a skyrmion's does, exponentially with the distance; after many rounds
    the points form a triangular lattice with the defects and grain boundaries that a quench leaves,
    after few they are still disordered.

    Returns
    -------
    float64 array of shape (count, 2), columns y, x, in the unit of `size` (height, width).
    """
    box = np.asarray(size, dtype=float)
    points = rng.uniform(0, 1, (count, 2)) * box
    if count < 2:
        return points
    spacing = np.sqrt(2 / np.sqrt(3) * box.prod() / count)
    for step in range(rounds):
        delta = points[:, None] - points[None]
        delta -= box * np.round(delta / box)
        distance = np.linalg.norm(delta, axis=2)
        np.fill_diagonal(distance, np.inf)
        strength = np.exp(-4 * distance / spacing) / np.maximum(distance, 1e-9)
        push = (strength[..., None] * delta).sum(axis=1)
        # move by a fixed share of the spacing, smaller and smaller as the points settle
        largest = np.linalg.norm(push, axis=1).max()
        points = (points + push / largest * 0.15 * spacing * (1 - step / rounds)) % box
    return points


#: In-plane direction around a core along -z: the angle of m is `winding` times the polar angle,
#: plus `offset`. It is what the DMI of `neighbours` with D > 0 favours.
_KINDS = {
    "neel": (1, 0.0),
    "bloch": (1, np.pi / 2),
    "antiskyrmion": (-1, np.pi / 2),
}


def placed_skyrmions(
    shape: tuple[int, int],
    centres: np.ndarray,
    radius: np.ndarray | float,
    wall_width: float,
    kind: str = "neel",
    chirality: int = 1,
) -> np.ndarray:
    """Return skyrmions, core along -z, in a background along +z, on a periodic grid.

    The profile is that of two 180 degree walls, theta(r) = 2 atan(sinh(R/w) / sinh(r/w)) (Wang,
    Yuan and Wang, Commun. Phys. 1, 31, 2018).

    Parameters
    ----------
    centres
        Shape (count, 2), y and x in cells.
    radius, wall_width
        R = r(Mz = 0) and w in cells; `radius` one number or one a skyrmion.
    kind
        "neel", "bloch" or "antiskyrmion".
    chirality
        +1 is what a D > 0 of the same kind favours, -1 the opposite.

    Returns
    -------
    float32 array of shape (3, ny, nx).
    """
    winding, offset = _KINDS[kind]
    m = np.zeros((3, *shape), dtype=np.float32)
    m[2] = 1
    for (cy, cx), r0 in zip(centres, np.broadcast_to(radius, len(centres)), strict=True):
        reach = 2 * r0 + 6 * wall_width
        y, dy = _near(cy, reach, shape[0])
        x, dx = _near(cx, reach, shape[1])
        dy, dx = np.meshgrid(dy, dx, indexing="ij")
        r = np.maximum(np.hypot(dy, dx), 1e-6)
        with np.errstate(over="ignore"):
            theta = 2 * np.arctan(np.sinh(r0 / wall_width) / np.sinh(r / wall_width))
        # of two overlapping skyrmions the one that is nearer to its core wins
        here = m[:, y[:, None], x]
        wins = np.cos(theta) < here[2]
        direction = winding * np.arctan2(dy, dx) + offset
        in_plane = chirality * np.sin(theta)
        placed = np.stack(
            (in_plane * np.cos(direction), in_plane * np.sin(direction), np.cos(theta))
        )
        m[:, y[:, None], x] = np.where(wins, placed, here)
    return m


def _near(centre: float, reach: float, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells of a periodic axis within `reach` of `centre`, and their offsets from it."""
    if 2 * reach + 1 >= cells:
        index = np.arange(cells)
    else:
        index = np.arange(math.ceil(centre - reach), math.floor(centre + reach) + 1) % cells
    return index, (index - centre + cells / 2) % cells - cells / 2


def winding_stripes(
    shape: tuple[int, int],
    period: float,
    direction_spread: float,
    rng: np.random.Generator,
    kind: str = "neel",
    chirality: int = 1,
) -> np.ndarray:
    """Return stripes of a period, with the ends and forks of a labyrinth, on a periodic grid.

    A random sum of waves of about this period: where it is greatest m points along +z, where it is
    least along -z, and half-way into the plane, as the spiral of its kind. Unlike random spins, it
    holds hardly any skyrmions.

    Parameters
    ----------
    period
        In cells.
    direction_spread
        Of the waves' directions, standard deviation in radians: 0 gives straight stripes, more than
        1 a labyrinth.
    kind, chirality
        As of `placed_skyrmions`.

    Returns
    -------
    float32 array of shape (3, ny, nx).
    """
    ky = 2 * np.pi * np.fft.fftfreq(shape[0])[:, None]
    kx = 2 * np.pi * np.fft.fftfreq(shape[1])
    k, ideal = np.hypot(kx, ky), 2 * np.pi / period
    # a tenth of the wave number, and no less than what lies between two waves of the grid
    width = max(0.1 * ideal, 4.0 / min(shape))
    turned = np.angle(np.exp(2j * (np.arctan2(ky, kx) - rng.uniform(0, np.pi)))) / 2
    amplitude = np.exp(-0.5 * ((k - ideal) / width) ** 2 - 0.5 * (turned / direction_spread) ** 2)
    spectrum = np.fft.fft2(rng.standard_normal(shape)) * amplitude
    height, slope_x, slope_y = (
        np.fft.ifft2(spectrum * factor).real for factor in (1, 1j * kx / ideal, 1j * ky / ideal)
    )
    winding, offset = _KINDS[kind]
    direction = winding * np.arctan2(slope_y, slope_x) + offset
    slope = chirality * np.hypot(slope_x, slope_y)
    m = np.stack([slope * np.cos(direction), slope * np.sin(direction), height])
    return (m / np.linalg.norm(m, axis=0)).astype(np.float32)
