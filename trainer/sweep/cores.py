"""The cores of a film, regions magnetised against its background, and how they overlap in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..dataset.film_statistics import connected_regions

#: Mean |Mz| below which a film has no majority and keeps the background it had.
_MAJORITY = 0.05
#: A core that shares less than this with its successor, of the smaller of both, has moved about
#: half its diameter: too far for one look.
_LEAST_OVERLAP = 0.5


def background_polarity(mz: np.ndarray, previous: int = 1) -> int:
    """Return +1 or -1, the direction along z of the larger part of the film.

    A film close to balance, such as a stripe state, keeps its `previous` polarity.
    """
    mean = float(mz.mean())
    return previous if abs(mean) < _MAJORITY else int(np.sign(mean))


@dataclass(frozen=True)
class Cores:
    """The cores of one state: connected regions where Mz is opposite to the background.

    Attributes
    ----------
    labels
        Region of each cell, int of shape (ny, nx), from 1; 0 is the background.
    areas, centres
        Cells of each region, and its y and x in cells. On a periodic film the centre is wrapped
        into the film: the circular mean, which says nothing of a region that spans the film.
    polarity
        Direction of the background.
    periodic
        Whether the film, and with it a region, goes on at the other side.
    """

    labels: np.ndarray
    areas: np.ndarray
    centres: np.ndarray
    polarity: int
    periodic: bool

    @classmethod
    def of(cls, mz: np.ndarray, previous_polarity: int, periodic: bool) -> Cores:
        """Find the cores of a film from Mz of shape (ny, nx)."""
        polarity = background_polarity(mz, previous_polarity)
        inside = polarity * mz < 0
        return cls(*connected_regions(inside, periodic), polarity, periodic)

    def __len__(self) -> int:
        """Return the number of cores."""
        return len(self.areas)

    def crosses_border(self) -> np.ndarray:
        """Return for each core whether a border of the grid cuts it, bool."""
        crosses = np.zeros(len(self) + 1, dtype=bool)
        for first, last in (
            (self.labels[0], self.labels[-1]),
            (self.labels[:, 0], self.labels[:, -1]),
        ):
            if self.periodic:
                crosses[first[first == last]] = True
            else:
                crosses[first] = crosses[last] = True
        return crosses[1:]


@dataclass(frozen=True)
class Links:
    """What became of each core between two looks at a film; cores are named by region.

    Attributes
    ----------
    same
        Pairs (before, after), each region in one at most: where several fit, those that share most.
    merged
        Pairs (before, after) of the others that went into a region.
    split
        Pairs (before, after) of the others that came out of one.
    died, born
        Regions without any overlap.
    is_certain
        Whether every core stayed close to its place, and no death and birth, or merging and
        splitting, came together: else another story would fit as well.
    """

    same: list[tuple[int, int]]
    merged: list[tuple[int, int]]
    split: list[tuple[int, int]]
    died: list[int]
    born: list[int]
    is_certain: bool


def link(before: Cores, after: Cores) -> Links:
    """Link the cores of two successive states of one film by the cells that they share."""
    all_before, all_after = range(1, len(before) + 1), range(1, len(after) + 1)
    if before.polarity != after.polarity:  # what was core is background now
        return Links([], [], [], list(all_before), list(all_after), is_certain=False)
    shared = (before.labels > 0) & (after.labels > 0)
    base = len(after) + 1
    codes, cells = np.unique(
        before.labels[shared].astype(np.int64) * base + after.labels[shared], return_counts=True
    )
    order = np.argsort(-cells, kind="stable")
    overlaps = {divmod(int(codes[at]), base): int(cells[at]) for at in order}

    after_of: dict[int, int] = {}
    before_of: dict[int, int] = {}
    for old, new in overlaps:
        if old not in after_of and new not in before_of:
            after_of[old], before_of[new] = new, old
    merged: dict[int, int] = {}
    split: dict[int, int] = {}
    for old, new in overlaps:
        if old not in after_of:
            merged.setdefault(old, new)
        if new not in before_of:
            split.setdefault(new, old)
    died = sorted(set(all_before) - {old for old, _ in overlaps})
    born = sorted(set(all_after) - {new for _, new in overlaps})
    stayed = all(
        overlaps[old, new] >= _LEAST_OVERLAP * min(before.areas[old - 1], after.areas[new - 1])
        for old, new in after_of.items()
    )
    return Links(
        sorted(after_of.items()),
        sorted(merged.items()),
        sorted((old, new) for new, old in split.items()),
        died,
        born,
        is_certain=stayed and not (died and born) and not (merged and split),
    )
