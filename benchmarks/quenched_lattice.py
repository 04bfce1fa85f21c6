"""How well a disordered lattice's count follows from its structure factor, where it is known.

    python benchmarks/quenched_lattice.py

Particles that repel each other are thrown into a square with periodic edges and move downhill for
some steps: the fewer, the less order. Their number is held against what the peak of their
structure factor implies for the area that they cover, as `tools/frame_stability.py` does of a real
frame; with all of them, and with a tenth left out by chance.
"""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.spatial import KDTree

from skyrmlive.inference.structure_factor import implied_count, lattice_period

PARTICLES = 3000
STEPS = (20, 30, 40, 60, 300)
QUENCHES = 5
PIXELS = 12  # along the root of the area that a particle has
RANGE, REACH, LONGEST_STEP = 0.25, 3.0, 0.15  # of the repulsion, in such roots


def quenched(steps: int, rng: np.random.Generator) -> np.ndarray:
    """Return the places of particles after so many steps downhill, one a unit of area, (n, 2)."""
    side = np.sqrt(PARTICLES)
    places = rng.random((PARTICLES, 2)) * side
    for _ in range(steps):
        pairs = KDTree(places, boxsize=side).query_pairs(REACH, output_type="ndarray")
        apart = places[pairs[:, 0]] - places[pairs[:, 1]]
        apart -= side * np.round(apart / side)
        distance = np.linalg.norm(apart, axis=1, keepdims=True).clip(0.05)
        push = apart / distance * np.exp(-distance / RANGE) * np.minimum(1 / distance, 5)
        force = np.zeros_like(places)
        np.add.at(force, pairs[:, 0], push)
        np.add.at(force, pairs[:, 1], -push)
        longest = np.linalg.norm(force, axis=1).max()
        places = (places + force * min(20.0, LONGEST_STEP / longest)) % side
    return places


def excess(places: np.ndarray) -> tuple[float, float]:
    """Return how many more there are than their period implies, relative, and the peak's height."""
    side = round(np.sqrt(PARTICLES) * PIXELS)
    points = places * PIXELS
    distance, peak = lattice_period(points, np.outer(np.hanning(side), np.hanning(side)))
    view = np.ones((side, side), bool)
    return len(places) / implied_count(points, view, distance) - 1, peak


def main() -> None:
    """Print the table, means over `QUENCHES`."""
    rng = np.random.default_rng(0)
    table = Table("steps", "height of the peak", "all", "a tenth left out")
    for steps in STEPS:
        figures = []
        for _ in range(QUENCHES):
            places = quenched(steps, rng)
            whole, peak = excess(places)
            fewer, _ = excess(places[rng.random(len(places)) > 0.1])
            figures.append((peak, whole, fewer))
        peak, whole, fewer = np.mean(figures, axis=0)
        table.add_row(f"{steps}", f"{peak:.1f}", f"{whole:+.1%}", f"{fewer:+.1%}")
    Console().print(table)


if __name__ == "__main__":
    main()
