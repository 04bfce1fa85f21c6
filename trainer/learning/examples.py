"""Training examples: image and labels of a film, drawn anew every time.

Nothing is stored but the films: phase, image and noise are computed for each example, so that no
two batches are equal.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import get_worker_info

from ...inference.deconvolution import deconvolve
from ...inference.frame_parts import FrameParts, binned
from ...inference.normalise import normalise
from ...inference.told import told_of
from ..dataset.film_store import FilmStore
from ..dataset.labels import LabelRule
from ..dataset.truth import FilmTruth, film_truth
from ..lorentz.bend_contour import BendContour
from ..lorentz.fresnel import lorentz_image
from .bending import Bending
from .degradation import Degradation
from .film_split import FilmSelection, fills
from .optics import Optics
from .resizing import Resizing, resized

WINDOW_MULTIPLE = 32
"""What the side of an example is a multiple of, as the network folds and pools it."""

VACUUM_MIN = 64
"""Cells of vacuum around an open film, at least: fringes reach a few times sqrt(wavelength df)."""


class Example(NamedTuple):
    """What a network is shown and told, and what it should answer.

    Attributes
    ----------
    image
        Normalised, float32 (1, height, width).
    told
        What is known of it, as an operator knows it and the image tells, float32 (TOLD,); see
        `inference.told`.
    labels
        Float32 (3, height, width): mask, core and ln(diameter / nm), NaN where there is none.
    """

    image: np.ndarray
    told: np.ndarray
    labels: np.ndarray


def turned(m: np.ndarray, quarter_turns: int, mirrored: bool) -> np.ndarray:
    """Return a film turned by quarter turns and, if asked, mirrored along x.

    Vectors turn with the film. A mirror plane that stands on the film flips, for the axial vector
    m, all but the component normal to it; together with the time reversal that brings m_z back,
    that is m_x -> -m_x. It maps a solution of the micromagnetic equations with interfacial DMI to
    another; bulk and D2d DMI change their sign under it, so that the mirror image is of the
    opposite handedness.

    Parameters
    ----------
    m
        Shape (3, ny, nx), components x (columns), y (rows), z.
    """
    mx, my, mz = m
    for _ in range(quarter_turns % 4):
        # rot90 moves the row direction to the column direction and that to minus the row's
        mx, my, mz = np.rot90(my), -np.rot90(mx), np.rot90(mz)
    if mirrored:
        mx, my, mz = -mx[:, ::-1], my[:, ::-1], mz[:, ::-1]
    return np.stack([mx, my, mz])


class ExampleSource:
    """Draws examples from films whose grids agree; all of them are kept in memory.

    An example is a window of a film: the whole of it, unless it is larger or does not fit the
    network's size. A smaller periodic film is repeated.

    Parameters
    ----------
    window
        Cells along the side of an example; of films that are not periodic, at most so many.
    """

    def __init__(
        self,
        films: FilmSelection,
        rule: LabelRule,
        optics: Optics,
        degradation: Degradation,
        resizing: Resizing | None = None,
        window: int = 256,
        bending: Bending | None = None,
    ) -> None:
        self.optics = optics
        self.bending = bending or Bending()
        self.degradation = degradation
        self.resizing = resizing or Resizing()
        self._rule = rule
        self.grid = films[0][0].grid
        seen = (window, window) if self.grid.periodic else self.grid.shape
        ny, nx = (min(side, window) // WINDOW_MULTIPLE for side in seen)
        self.window = (ny * WINDOW_MULTIPLE, nx * WINDOW_MULTIPLE)
        self._stores, self._m, self._ms = [], [], []
        for store, indices in films:
            for index in indices:
                self._stores.append(store)
                self._m.append(store.magnetisation(index).astype(np.float16))
                self._ms.append(store.saturation_magnetisation(index))
        self._truths = [self._truth(m[2].astype(np.float32)) for m in self._m]
        # a film is drawn as often as it is large, since it has as much to show
        self._cells = np.cumsum([m[0].size for m in self._m])

    def __len__(self) -> int:
        """Return the number of films."""
        return len(self._m)

    @property
    def is_mirror_symmetric(self) -> bool:
        """Whether the mirror image of every film is one that could be, see `turned`."""
        return all(store.provenance.mirror_symmetric for store in self._stores)

    def filling(self) -> ExampleSource:
        """Return a source of the films that fill an image; itself where none does."""
        filling = [n for n, m in enumerate(self._m) if fills(m.shape[1:], self.window)]
        return self._part(filling) if filling else self

    def without(self, stores: Sequence[FilmStore]) -> ExampleSource:
        """Return a source of the films of other sets; itself where there are none."""
        others = [n for n, store in enumerate(self._stores) if store not in stores]
        return self._part(others) if others else self

    def under(self, optics: Optics) -> ExampleSource:
        """Return a source of the same films under other optics."""
        source = copy.copy(self)
        source.optics = optics
        return source

    def as_simulated(self) -> ExampleSource:
        """Return a source of the same films, none of them resized."""
        source = copy.copy(self)
        source.resizing = Resizing()
        return source

    def _part(self, films: Sequence[int]) -> ExampleSource:
        source = copy.copy(self)
        for name in ("_stores", "_m", "_ms", "_truths"):
            whole = getattr(self, name)
            setattr(source, name, [whole[number] for number in films])
        source._cells = np.cumsum([m[0].size for m in source._m])
        return source

    def _truth(self, mz: np.ndarray) -> FilmTruth:
        return film_truth(mz, self._rule, self.grid.cell_size_nm, self.grid.periodic)

    def clean(
        self,
        film: int,
        defocus_nm: float,
        tilt_deg: float,
        quarter_turns: int,
        mirrored: bool,
        phase_scale: float = 1.0,
        size_factor: float = 1.0,
        bend: BendContour | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the image without noise, float32 (ny, nx), and its labels as an `Example` has.

        A periodic film that is smaller than `window` is repeated until it fills it.

        Parameters
        ----------
        phase_scale
            See `Optics`.
        size_factor
            See `resizing.resized`.
        bend
            Of the film as it is turned, a batch of one; none in vacuum around an open film.
        """
        m, truth = self._m[film].astype(np.float32), self._truths[film]
        if size_factor != 1:
            m = resized(m, size_factor)
            truth = self._truth(m[2])
        magnetisation = turned(m * (phase_scale * self._ms[film]), quarter_turns, mirrored)
        labels = np.stack([truth.mask, truth.core, truth.log_diameter]).astype(np.float32)
        labels = np.rot90(labels, quarter_turns % 4, axes=(1, 2))
        if mirrored:
            labels = labels[:, :, ::-1]
        return self._filled(self._image(magnetisation, defocus_nm, tilt_deg, bend), labels)

    def _image(
        self,
        magnetisation: np.ndarray,
        defocus_nm: float,
        tilt_deg: float,
        bend: BendContour | None,
    ) -> np.ndarray:
        ny, nx = magnetisation.shape[1:]
        around = (0, 0)
        if not self.grid.periodic:
            # half a film of vacuum on every side, or the transforms would repeat it edge to edge
            around = (max(ny // 2, VACUUM_MIN), max(nx // 2, VACUUM_MIN))
        margin = [(0, 0), *((side, side) for side in around)]
        image = lorentz_image(
            torch.from_numpy(np.pad(magnetisation, margin))[None],
            self.grid.cell_size_nm,
            self.grid.thickness_nm,
            self.optics.microscope,
            defocus_nm,
            tilt_deg,
            bend=bend if bend is None else bend.within(around),
        )
        top, left = around
        return image[0, top : top + ny, left : left + nx].numpy()

    def draw(self, rng: np.random.Generator) -> Example:
        """Return one example, its sides as `window`."""
        film = int(np.searchsorted(self._cells, rng.integers(self._cells[-1]), side="right"))
        ny, nx = self._m[film].shape[1:]
        # a film that is no square keeps its shape in half turns only
        quarter_turns = int(rng.integers(4)) if ny == nx else 2 * int(rng.integers(2))
        defocus_nm, tilt_deg = self.optics.draw(rng)
        may_mirror = self._stores[film].provenance.mirror_symmetric
        mirrored = bool(rng.integers(2)) and may_mirror
        phase_scale = math.exp(rng.uniform(*np.log(self.optics.phase_scale)))
        size_factor = self.resizing.draw(rng)
        bend = self.bending.draw(self.grid, (ny, nx), rng)
        image, labels = self.clean(
            film, defocus_nm, tilt_deg, quarter_turns, mirrored, phase_scale, size_factor, bend
        )
        image, labels = self._window(image, labels, rng)
        cell_nm = self.grid.cell_size_nm
        image, blur_px = self.degradation.degrade(image, cell_nm, rng)
        image = normalise(image)
        optics = self.optics.tell(defocus_nm, tilt_deg, blur_px * cell_nm, rng)
        lens = self.optics.microscope
        parts = FrameParts.of(image, cell_nm)
        told = told_of(parts, optics, lens, self.optics.defocus_nm)
        return Example(image[None], told, np.ascontiguousarray(labels))

    def lesson(self, example: Example) -> tuple[np.ndarray, ...]:
        """Return all that a network is given of an example, in order, and its labels behind it."""
        lens, cell_nm = self.optics.microscope, self.grid.cell_size_nm
        deconvolved = deconvolve(binned(example.image[0]), example.told, lens, cell_nm)
        return example.image, example.told, deconvolved, example.labels

    def draw_told(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return what is told of so many examples, float32 (count, TOLD)."""
        return np.stack([self.draw(rng).told for _ in range(count)])

    def _filled(self, image: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not self.grid.periodic:
            return image, labels
        (height, width), (ny, nx) = self.window, image.shape
        repeats = -(-height // ny), -(-width // nx)
        return np.tile(image, repeats), np.tile(labels, (1, *repeats))

    def _window(
        self, image: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cut a window at random; in a periodic film it may lie across the border."""
        height, width = self.window
        top, left = (
            int(rng.integers(whole if self.grid.periodic else whole - cut + 1))
            for whole, cut in zip(image.shape, self.window, strict=True)
        )
        image = np.roll(image, (-top, -left), axis=(0, 1))[:height, :width]
        labels = np.roll(labels, (-top, -left), axis=(1, 2))[:, :height, :width]
        return image, labels


def examples_of_worker(source: ExampleSource, *seed: int) -> Iterator[Example]:
    """Draw examples for ever, other ones in every worker process of a DataLoader."""
    worker = get_worker_info()
    if worker:
        torch.set_num_threads(1)
    rng = np.random.default_rng([*seed, worker.id if worker else 0])
    while True:
        yield source.draw(rng)
