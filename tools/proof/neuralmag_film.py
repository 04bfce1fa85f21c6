"""NeuralMag beside ours on one film: every term of the energy at several cell sizes."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.material import FilmBatch
from skyrmlive.trainer.micromagnetics.minimise import Descent

from .drawing import BLACK, BLUE, ORANGE, SKY, VERMILION, new_figure, save
from .evidence import Evidence, Verdict, share, table

SIDE_NM, THICKNESS_NM, FIELD_T = 144.0, 27.5, 0.4
LIMIT = 1e-3
OURS, THEIRS = (24, 36, 48, 72, 96), (18, 24, 36, 48)  # 48: cells of 3 nm
#: Powers of the cell size that an energy is expanded in. An open edge, half a cell from the last m
#: of ours, adds odd ones; NeuralMag has m on the edge itself.
OUR_POWERS = {True: (2, 4), False: (1, 2, 3)}
THEIR_POWERS = (2, 4)
TERMS = ("exchange", "interfacial_dmi", "zeeman", "demagnetisation")
NAMES = ("exchange", "DMI", "Zeeman", "demagnetisation", "total")


def prove(pictures: Path) -> Evidence:
    """Take the energies of both codes at all cell sizes, and their limits at size 0."""
    with tempfile.TemporaryDirectory() as cache:
        peer = Peer(cache)
        endless = Comparison.of(lambda n: terms(n, True), peer.endless_terms, OUR_POWERS[True])
        ended = Comparison.of(
            lambda n: terms(n, False), lambda n: peer.terms(n, 0), OUR_POWERS[False]
        )
        settled = Comparison.of(relaxed, peer.relaxed, OUR_POWERS[True])
    _draw({"endless film": endless, "open film": ended}, pictures / "neuralmag.png")
    header = ("", "ours, 3 nm", "NeuralMag, 3 nm", "deviation", "ours, limit", "NeuralMag, limit")
    rows = [
        *(row for what, each in (("endless", endless), ("open", ended)) for row in each.rows(what)),
        *settled.rows("endless film, relaxed", ("whole energy",)),
    ]
    return Evidence(
        {"neuralmag": table((*header, "deviation"), rows)},
        [
            Verdict(
                "energy terms against NeuralMag, small cells, the worst",
                max(endless.in_the_limit.max(), ended.in_the_limit.max()),
                LIMIT,
            ),
            Verdict(
                "energy of the relaxed film against NeuralMag, small cells",
                float(settled.in_the_limit),
                LIMIT,
            ),
            Verdict(
                "energy of the relaxed film against NeuralMag, both with cells of 3 nm",
                float(settled.at_3_nm),
                LIMIT,
            ),
        ],
    )


class Comparison(NamedTuple):
    """Energies in joule by cells along the film, shape (sizes, ...), and their limits."""

    ours: np.ndarray
    theirs: np.ndarray
    our_limit: np.ndarray
    their_limit: np.ndarray

    @classmethod
    def of(cls, ours: Callable, theirs: Callable, our_powers: tuple[int, ...]) -> Comparison:
        """Call both with every number of cells."""
        values = [[of(n) for n in n_cells] for of, n_cells in ((ours, OURS), (theirs, THEIRS))]
        limits = (
            at_zero([1 / n for n in n_cells], each, powers)
            for n_cells, each, powers in zip(
                (OURS, THEIRS), values, (our_powers, THEIR_POWERS), strict=True
            )
        )
        return cls(*map(np.array, values), *map(np.array, limits))

    @property
    def at_3_nm(self) -> np.ndarray:
        """Relative deviation at cells of 3 nm."""
        return np.abs(self.ours[OURS.index(48)] / self.theirs[THEIRS.index(48)] - 1)

    @property
    def in_the_limit(self) -> np.ndarray:
        """Relative deviation of the limits."""
        return np.abs(self.our_limit / self.their_limit - 1)

    def rows(self, what: str, names: Sequence[str] = NAMES) -> list[tuple[str, ...]]:
        """Return a row of the table for each term, in attojoule."""
        columns = (
            self.ours[OURS.index(48)],
            self.theirs[THEIRS.index(48)],
            self.at_3_nm,
            self.our_limit,
            self.their_limit,
            self.in_the_limit,
        )
        return [
            (
                f"{what}, {name}",
                *(
                    share(float(each)) if place in (2, 5) else f"{1e18 * float(each):.4f}"
                    for place, each in enumerate(values)
                ),
            )
            for name, *values in zip(names, *map(np.atleast_1d, columns), strict=True)
        ]


class Peer:
    """NeuralMag, ready to use; it compiles nothing here and leaves no files behind."""

    def __init__(self, cache: str) -> None:
        os.environ["NM_CACHEDIR"] = cache
        sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
        self._peer = importlib.import_module("neuralmag_peer")
        self._neuralmag = self._peer.neuralmag
        self._neuralmag.config.torch["compile"] = False

    def _state(self, cells: int, copies: int):
        nodes = np.arange(cells + (copies == 0)) * SIDE_NM / cells
        return self._peer.film_state(film(cells, copies > 0), FIELD_T, skyrmion(nodes), copies)

    def terms(self, cells: int, copies: int) -> np.ndarray:
        """Return the terms of the skyrmion alone and their sum in joule, as `terms`."""
        state = self._state(cells, copies)
        values = np.array([self._peer.energies(state)[term] for term in TERMS])
        state.m.tensor = uniform(state.m.tensor, dim=-1)
        values -= [self._peer.energies(state)[term] for term in TERMS]
        return np.append(values, values.sum())

    def endless_terms(self, cells: int) -> np.ndarray:
        """Return the same for a film that repeats for ever.

        What lies beyond n copies on either side acts as a series in odd powers of 1 / (2 n + 1),
        and hardly depends on the cells.
        """
        sizes = [1 / (2 * copies + 1) for copies in (1, 2, 3)]
        coarse = [self.terms(12, copies) for copies in (1, 2, 3)]
        return self.terms(cells, copies=1) + at_zero(sizes, coarse, (1, 3)) - coarse[0]

    def relaxed(self, cells: int) -> float:
        """Return the energy of the endless film, relaxed by overdamped dynamics, in joule."""
        energies = []
        for copies in (1, 2):
            state = self._state(cells, copies)
            self._neuralmag.LLGSolver(state).relax(tol=1e9, dt=2e-11)
            state.m.tensor /= state.m.tensor.norm(dim=-1, keepdim=True)
            energies.append(float(state.E))
        return float(at_zero([1 / 3, 1 / 5], energies, (1,)))


def film(cells: int, is_periodic: bool) -> FilmBatch:
    """Return a film of the paper's material."""
    whole = torch.ones(1, cells, cells, dtype=torch.float64)
    return FilmBatch(
        2e5 * whole,
        1.5e-11 * whole,
        cell_size_nm=SIDE_NM / cells,
        thickness_nm=THICKNESS_NM,
        interfacial_dmi=1.2e-3 * whole,
        periodic=is_periodic,
    )


def skyrmion(position_nm: np.ndarray) -> torch.Tensor:
    """Return a smooth, periodic Neel skyrmion at x and y of `position_nm`, shape (3, ny, nx)."""
    x, y = np.meshgrid(*2 * [2 * np.pi * (position_nm / SIDE_NM - 0.5)])
    m = np.stack((np.sin(x), np.sin(y), 1 - np.cos(x) - np.cos(y)))
    return torch.tensor(m / np.linalg.norm(m, axis=0))


def uniform(m: torch.Tensor, dim: int) -> torch.Tensor:
    """Return the film without the skyrmion, all along +z; the components are in `dim`."""
    without = torch.zeros_like(m)
    without.select(dim, 2).fill_(1.0)
    return without


def at_zero(sizes: Sequence[float], values: Sequence, powers: tuple[int, ...]):
    """Return the limit at size 0 of values that are expanded in `powers` of the size.

    It is taken from the smallest sizes, as many as it needs.
    """
    smallest = np.argsort(sizes)[: len(powers) + 1]
    matrix = np.array(sizes)[smallest, None] ** np.array((0, *powers))
    return np.linalg.solve(matrix, np.array(values)[smallest])[0]


def terms(cells: int, is_periodic: bool) -> np.ndarray:
    """Return our terms of the skyrmion alone and their sum in joule, shape (5,)."""
    field = EffectiveField(film(cells, is_periodic), FIELD_T)
    m = skyrmion((np.arange(cells) + 0.5) * SIDE_NM / cells)[None]
    with_it, without = field.energies(m), field.energies(uniform(m, dim=1))
    values = np.array([float(with_it[term] - without[term]) for term in TERMS])
    return np.append(values, values.sum())


def relaxed(cells: int) -> float:
    """Return the energy of the endless film, relaxed by ours, in joule."""
    field = EffectiveField(film(cells, is_periodic=True), FIELD_T)
    descent = Descent(field, skyrmion((np.arange(cells) + 0.5) * SIDE_NM / cells)[None])
    descent.advance(3000)
    return float(field.energy(descent.m))


def _draw(films: dict[str, Comparison], path: Path) -> None:
    figure = new_figure(3.8)
    colours = (BLUE, VERMILION, SKY, ORANGE, BLACK)
    for axes, (title, of) in zip(figure.subplots(1, 2), films.items(), strict=True):
        for index, (name, colour) in enumerate(zip(NAMES, colours, strict=True)):
            if name == "Zeeman":  # the same sum in both
                continue
            limit = of.their_limit[index]
            for n_cells, values, style in ((OURS, of.ours, "o-"), (THEIRS, of.theirs, "s--")):
                sizes_nm = [SIDE_NM / n for n in n_cells]
                above = 100 * (values[:, index] / limit - 1)
                filled = colour if style == "o-" else "white"
                axes.plot(sizes_nm, above, style, color=colour, mfc=filled)
            axes.plot([], [], "-", color=colour, label=name)
        axes.plot([], [], "o-", color="gray", label="ours")
        axes.plot([], [], "s--", color="gray", mfc="white", label="NeuralMag")
        axes.set_xlim(left=0)
        axes.set_xlabel("cell size (nm)")
        axes.set_ylabel("deviation from NeuralMag's limit (%)")
        axes.set_title(f"one skyrmion in an {title}")
        axes.legend(fontsize=8)
    save(figure, path)
