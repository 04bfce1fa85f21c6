"""Training examples: image and labels of a film, drawn anew every time.

Nothing is stored but the films: phase, image and noise are computed for each example, so that no
two batches are equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...inference.normalise import normalise
from ...stream.errors import UserError
from ..dataset.film_store import FilmStore
from ..dataset.labels import LabelRule, core_label, mask_label
from ..lorentz.fresnel import fresnel_image
from ..lorentz.microscope import Microscope
from ..lorentz.phase import magnetic_phase
from .noise import NoiseRecipe, degrade


@dataclass(frozen=True)
class Optics:
    """The imaging condition that examples are drawn around.

    `defocus_jitter` is relative, `tilt_jitter_deg` absolute; both are half widths.
    """

    microscope: Microscope
    defocus_nm: float
    tilt_deg: float
    defocus_jitter: float = 0.1
    tilt_jitter_deg: float = 3.0


def turned(m: np.ndarray, quarter_turns: int, mirrored: bool) -> np.ndarray:
    """Return a film turned by quarter turns and, if asked, mirrored along x.

    Both map a solution of the micromagnetic equations with interfacial DMI to another: vectors turn
    with the film, and a mirror plane that stands on the film flips, for the axial vector m, all
    but the component normal to it; together with the time reversal that brings m_z back, that is
    m_x -> -m_x.

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


FilmSelection = list[tuple[FilmStore, list[int]]]


def split_films(stores: list[FilmStore]) -> tuple[FilmSelection, FilmSelection]:
    """Return the films to learn from and those to validate on: every tenth of each store.

    Raises
    ------
    UserError
        If a store has fewer than ten films, or the stores' grids differ.
    """
    grids = {(s.recipe.cells, s.recipe.cell_size_nm, s.recipe.thickness_nm) for s in stores}
    if len(grids) != 1:
        raise UserError("The sets of films have different grids or thicknesses; train on one kind.")
    training, validation = [], []
    for store in stores:
        films = [record["index"] for record in store.records()]
        if len(films) < 10:
            raise UserError(f"{store.path} holds {len(films)} films; at least 10 are needed.")
        training.append((store, [film for film in films if film % 10 != 9]))
        validation.append((store, [film for film in films if film % 10 == 9]))
    return training, validation


class ExampleSource:
    """Draws examples from films that share one grid; all of them are kept in memory."""

    def __init__(
        self, films: FilmSelection, rule: LabelRule, optics: Optics, noise: NoiseRecipe
    ) -> None:
        self.optics = optics
        self.noise = noise
        recipe = films[0][0].recipe
        self.cell_size_nm = recipe.cell_size_nm
        self.thickness_nm = recipe.thickness_nm
        self._m, self._ms = [], []
        for store, indices in films:
            for index in indices:
                self._m.append(store.magnetisation(index).astype(np.float16))
                self._ms.append(store.saturation_magnetisation(index))
        self._masks = [mask_label(m[2].astype(np.float32), rule) for m in self._m]

    def __len__(self) -> int:
        """Return the number of films."""
        return len(self._m)

    def clean(
        self, film: int, defocus_nm: float, tilt_deg: float, quarter_turns: int, mirrored: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the image without noise, float32 (ny, nx), and labels, float32 (2, ny, nx)."""
        m = self._m[film].astype(np.float32)
        labels = np.stack([self._masks[film], core_label(m[2])]).astype(np.float32)
        magnetisation = turned(m * self._ms[film], quarter_turns, mirrored)
        labels = np.rot90(labels, quarter_turns % 4, axes=(1, 2))
        if mirrored:
            labels = labels[:, :, ::-1]
        phase = magnetic_phase(
            torch.from_numpy(np.ascontiguousarray(magnetisation))[None],
            self.cell_size_nm,
            self.thickness_nm,
            tilt_deg,
        )
        image = fresnel_image(
            phase, self.cell_size_nm, self.optics.microscope, defocus_nm, tilt_deg
        )
        return image[0].numpy(), labels

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return a normalised image, float32 (1, ny, nx), and its labels, float32 (2, ny, nx)."""
        optics = self.optics
        image, labels = self.clean(
            int(rng.integers(len(self))),
            optics.defocus_nm * (1 + optics.defocus_jitter * rng.uniform(-1, 1)),
            optics.tilt_deg + optics.tilt_jitter_deg * rng.uniform(-1, 1),
            int(rng.integers(4)),
            bool(rng.integers(2)),
        )
        # films are periodic: every shift is another valid view, cut by the border elsewhere
        shift = rng.integers(0, image.shape[0], 2)
        image = np.roll(image, shift, axis=(0, 1))
        labels = np.roll(labels, shift, axis=(1, 2))
        return normalise(degrade(image, self.noise, rng))[None], np.ascontiguousarray(labels)
