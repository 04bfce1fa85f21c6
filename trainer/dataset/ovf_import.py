"""Films that mumax3 or OOMMF relaxed, as a set to train on.

Axes. A file counts its cells along x, y and z. They are taken over as they are: x along the
columns, y down the rows, z with the beam, components kept. Both frames are the same right-handed
one; only pictures differ, since a viewer that draws y upwards and z towards the reader shows the
film from its other side, turned by 180 degrees about x. Nothing is mirrored, so that chirality
holds, and mumax3's `Dind` > 0 is `interfacial_dmi` > 0. (Reversing the rows to make the pictures
alike would be a mirror, and turn the sign of D.) PyLorentz reads such files the same way.

Polarity. Labels and engines take the background along +z. A film whose mean Mz is negative is
reversed as a whole, m -> -m. Time reversal leaves every energy of a film at rest as it is if the
field is reversed with it, DMI included; the result is the same sample magnetised the other way.
Its phase changes sign, and with it bright and dark: as it was in the file, the film looks to first
order like its reversed self at the opposite defocus.

Thickness. Electrons see the sum over the thickness: layers are averaged, empty ones included, over
nz cells of height dz. Where layers differ in direction the averaged M is shorter than Ms, and
that shorter M is what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...stream.errors import UserError
from .film_grid import FilmGrid
from .film_set import ImportedFilms
from .film_statistics import film_statistics
from .film_store import FilmStore
from .ovf import OvfHeader, read_ovf, read_ovf_header

_CELLS_MIN = 32


@dataclass(frozen=True)
class OvfFolder:
    """The magnetisations below a folder.

    `files` are paths below `folder`, sorted; `passed_over` is the number of OVF files that hold
    another quantity.
    """

    folder: Path
    files: tuple[str, ...]
    grid: FilmGrid
    passed_over: int


@dataclass(frozen=True)
class OvfFilm:
    """One film: `magnetisation` unit vectors (3, ny, nx), +z in vacuum; `ms` (ny, nx) in A/m."""

    magnetisation: np.ndarray
    ms: np.ndarray
    is_reversed: bool


def look_through(folder: Path, periodic: bool) -> OvfFolder:
    """Find the magnetisations below `folder`: vector fields in A/m or without a unit.

    Raises
    ------
    UserError
        If there is none, a file cannot be read, or they do not share one grid of square cells; the
        sentence names the file.
    """
    headers = {path: read_ovf_header(path) for path in sorted(folder.rglob("*.ovf"))}
    films = {path: header for path, header in headers.items() if _is_magnetisation(header)}
    if not films:
        raise UserError(f"There is no magnetisation in OVF files below {folder}.")
    grids = {path: _grid(path, header, periodic) for path, header in films.items()}
    first, grid = next(iter(grids.items()))
    for path, other in grids.items():
        if other != grid:
            raise UserError(
                f"{path} has another grid than {first}: {_described(other)}, not "
                f"{_described(grid)}."
            )
    files = tuple(path.relative_to(folder).as_posix() for path in films)
    return OvfFolder(folder, files, grid, len(headers) - len(films))


def read_film(path: Path, saturation_magnetisation: float | None) -> OvfFilm:
    """Return the film in an OVF file.

    Parameters
    ----------
    saturation_magnetisation
        Ms in A/m, for files of unit vectors; None for files in A/m.

    Raises
    ------
    UserError
        If the file cannot be read, or its vectors are not what the parameter says.
    """
    values = np.moveaxis(read_ovf(path).values.astype(np.float64), -1, 0)  # (3, nz, ny, nx)
    length = np.linalg.norm(values, axis=0)
    largest = length.max()
    material = length > 1e-6 * largest
    if largest == 0:
        raise UserError(f"{path} has no material in it.")
    if largest > 1e3:  # A/m
        if saturation_magnetisation is not None:
            raise UserError(f"{path} holds its magnetisation in A/m; leave --ms out.")
    elif np.abs(length[material] - 1).max() > 0.01:
        raise UserError(f"{path} holds neither unit vectors nor a magnetisation in A/m.")
    elif saturation_magnetisation is None:
        raise UserError(f"{path} holds unit vectors; give their Ms in A/m by --ms.")
    else:
        values = values * saturation_magnetisation
    magnetisation = values.mean(axis=1)
    ms = np.linalg.norm(magnetisation, axis=0)
    is_reversed = bool(magnetisation[2].mean() < 0)
    if is_reversed:
        magnetisation = -magnetisation
    m = np.zeros_like(magnetisation)
    m[2] = 1.0
    np.divide(magnetisation, ms, out=m, where=ms > 1e-6 * ms.max())
    return OvfFilm(m, ms, is_reversed)


def import_films(store: FilmStore) -> Iterator[dict[str, Any]]:
    """Bring a set of imported films to its full number and yield the record of each new one.

    Raises
    ------
    UserError
        If a file cannot be read, or the disk refuses.
    """
    films = store.provenance
    if not isinstance(films, ImportedFilms):
        raise UserError(f"{store.path} holds films of a recipe; choose another folder.")
    done = {record["index"] for record in store.records()}
    for index, name in enumerate(films.files):
        if index in done:
            continue
        film = read_film(Path(films.folder) / name, films.saturation_magnetisation)
        store.write_arrays(index, film.magnetisation, film.ms)
        record = {
            "index": index,
            "file": name,
            "reversed": film.is_reversed,
            "mean_ms": float(film.ms.mean()),
            **film_statistics(film.magnetisation[2], store.grid.cell_size_nm, store.grid.periodic),
        }
        store.register(record)
        yield record


def _is_magnetisation(header: OvfHeader) -> bool:
    return header.shape[-1] == 3 and header.unit in ("", "A/m")


def _grid(path: Path, header: OvfHeader, periodic: bool) -> FilmGrid:
    nz, ny, nx, _ = header.shape
    dx, dy, dz = header.cell_size_nm
    if dx != dy:
        raise UserError(f"{path} has cells of {dx:g} x {dy:g} nm; films need square cells.")
    if min(ny, nx) < _CELLS_MIN:
        raise UserError(f"{path} has {nx} x {ny} cells; a film needs {_CELLS_MIN} either way.")
    return FilmGrid(shape=(ny, nx), cell_size_nm=dx, thickness_nm=nz * dz, periodic=periodic)


def _described(grid: FilmGrid) -> str:
    ny, nx = grid.shape
    return f"{nx} x {ny} cells of {grid.cell_size_nm:g} nm, {grid.thickness_nm:g} nm thick"
