"""Who is who: a persistent number for every skyrmion of a film, as ground truth.

Numbers are handed on by overlap: a film is looked at so often that a core still covers most of the
cells that it covered before, and no place has to be guessed from another. Positions on a periodic
film are wrapped: they lie inside the film, and jump by its size where a skyrmion crosses a border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from .cores import Cores, Links, link

EventKind = Literal["birth", "death", "merge", "split"]


@dataclass(frozen=True)
class Event:
    """Something that happened to `particle` between the frame before and this one.

    `merge`: it went into the particle `other`, and is no more. `split`: it came out of `other`,
    and is new. `other` is 0 where there is none.
    """

    kind: EventKind
    particle: int
    other: int = 0


class SkyrmionIdentity:
    """Follows the cores of one film, look by look, and tells their story frame by frame.

    Parameters
    ----------
    mz
        Shape (ny, nx): the first frame. Its cores are numbered from 1, and no births.
    periodic
        Whether the film repeats in the plane.
    """

    def __init__(self, mz: np.ndarray, periodic: bool = True) -> None:
        self.cores = Cores.of(mz, 1, periodic)
        self.particles = np.arange(1, len(self.cores) + 1)
        self._next = len(self.cores) + 1
        self._begin_frame()

    def _begin_frame(self) -> None:
        self._at_last_frame = set(self.particles.tolist())
        self._went_into: dict[int, int] = {}
        self._came_from: dict[int, int] = {}

    def state(self) -> dict[str, np.ndarray]:
        """Return all that is needed to go on from the end of a frame, as small arrays."""
        return {
            "particles": self.particles,
            "polarity_and_next": np.array([self.cores.polarity, self._next]),
        }

    @classmethod
    def restored(
        cls, mz: np.ndarray, state: dict[str, np.ndarray], periodic: bool = True
    ) -> SkyrmionIdentity:
        """Return the identity as it was at the end of the frame with this Mz."""
        polarity, following = (int(value) for value in state["polarity_and_next"])
        identity = cls.__new__(cls)
        identity.cores = Cores.of(mz, polarity, periodic)
        identity.particles = state["particles"]
        identity._next = following
        identity._begin_frame()
        return identity

    def look(self, mz: np.ndarray) -> tuple[Cores, Links]:
        """Return the cores of the next state and their links to the present ones."""
        cores = Cores.of(mz, self.cores.polarity, self.cores.periodic)
        return cores, link(self.cores, cores)

    def follow(self, cores: Cores, links: Links) -> None:
        """Go on to the state that `look` returned."""
        numbers = np.zeros(len(cores), dtype=int)
        for old, new in links.same:
            numbers[new - 1] = self.particles[old - 1]
        for new in np.flatnonzero(numbers == 0):
            numbers[new] = self._next
            self._next += 1
        for old, new in links.merged:
            self._went_into[int(self.particles[old - 1])] = int(numbers[new - 1])
        for old, new in links.split:
            self._came_from[int(numbers[new - 1])] = int(self.particles[old - 1])
        self.cores, self.particles = cores, numbers

    def end_frame(self) -> list[Event]:
        """Return what happened since the last frame, and begin the next.

        What came and went between two frames is not told: nobody saw it.
        """
        living = set(self.particles.tolist())
        events = []
        for particle in sorted(self._at_last_frame - living):
            other = particle
            while other not in living and other in self._went_into:
                other = self._went_into[other]
            merged = other in living
            events.append(Event("merge", particle, other) if merged else Event("death", particle))
        for particle in sorted(living - self._at_last_frame):
            other = particle
            while other not in self._at_last_frame and other in self._came_from:
                other = self._came_from[other]
            split = other in self._at_last_frame
            events.append(Event("split", particle, other) if split else Event("birth", particle))
        self._begin_frame()
        return events

    def table(self, cell_size_nm: float) -> pd.DataFrame:
        """Return one row a living skyrmion, by number.

        Columns: `particle`; `y`, `x`, centre of the core in cells, wrapped; `area_nm2` of the core,
        Mz = 0; `diameter_nm` of the circle with this area; `crosses_border`, whether the grid's
        border cuts the core; `polarity`, the direction of Mz in the core, -1 or 1.
        """
        area_nm2 = self.cores.areas * cell_size_nm**2
        table = pd.DataFrame(
            {
                "particle": self.particles,
                "y": self.cores.centres[:, 0],
                "x": self.cores.centres[:, 1],
                "area_nm2": area_nm2,
                "diameter_nm": np.sqrt(4 / np.pi * area_nm2),
                "crosses_border": self.cores.crosses_border(),
                "polarity": -self.cores.polarity,
            }
        )
        return table.sort_values("particle", ignore_index=True)
