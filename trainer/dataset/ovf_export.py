"""Films of a set as OVF files, for mumax3, OOMMF and what reads their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...stream.errors import cannot_write
from .film_store import FilmStore
from .ovf import OvfField
from .ovf_writer import write_ovf


def export_films(store: FilmStore, folder: Path) -> int:
    """Write every film of a set below `folder`, M in A/m, and return their number.

    Axes are those of `ovf_import`, which reads the files back. mumax3's `m.loadfile` normalises
    what it reads, so that they serve there as they are.

    Raises
    ------
    UserError
        If `folder` cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    grid = store.grid
    cell = (grid.cell_size_nm, grid.cell_size_nm, grid.thickness_nm)
    indices = [record["index"] for record in store.records()]
    for index in indices:
        magnetisation = store.magnetisation(index) * store.saturation_magnetisation(index)
        values = np.moveaxis(magnetisation, 0, -1)[None]
        write_ovf(folder / f"m{index:06d}.ovf", OvfField(values, cell, "m_full", "A/m"))
    return len(indices)
