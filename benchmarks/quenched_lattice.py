"""How well a disordered lattice's count follows from its structure factor, where it is known.

Particles that repel each other are thrown into a square with periodic edges and move downhill for
some steps: the fewer, the less order. Their number is held against what the peak of their
structure factor implies for the area that they cover, as `tools/frame_stability.py` does of a real
frame; with all of them, and with a tenth left out by chance.
"""

from __future__ import annotations

import numpy as np
import report
from scipy.spatial import KDTree

from skyrmlive.inference.structure_factor import covered, implied_count, lattice_period

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
    area = covered(points, np.ones((side, side), bool), distance)
    return len(places) / implied_count(area, distance) - 1, peak


def main() -> None:
    """Print the table, means over `QUENCHES`."""
    options = report.parser(__doc__, "one quench in place of five").parse_args()
    rng, figures = np.random.default_rng(0), {}
    for steps in STEPS:
        rows = []
        for _ in range(1 if options.quick else QUENCHES):
            places = quenched(steps, rng)
            whole, peak = excess(places)
            fewer, _ = excess(places[rng.random(len(places)) > 0.1])
            rows.append((peak, 100 * whole, 100 * fewer))
        names = ("peak", "excess_percent", "excess_percent_a_tenth_left_out")
        for name, value in zip(names, np.mean(rows, axis=0), strict=True):
            figures[f"{name}_{steps}_steps"] = float(value)
    report.show(f"{PARTICLES} particles against what their period implies", figures)
    report.write(options.json, figures)


if __name__ == "__main__":
    main()
