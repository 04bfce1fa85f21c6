"""A set of relaxed films on disk: Zarr arrays, a description and a register.

A film counts once its line is in the register, which is written after its arrays; arrays and
description appear whole or not at all. So a run that was interrupted at any instant goes on where
it stopped, and ends with the set that an uninterrupted one makes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore as ts
from pydantic import ValidationError

from ...stream.errors import UserError
from ...stream.recording.layout import write_json
from .film_grid import FilmGrid
from .film_register import FilmRegister
from .film_set import FilmSet, ImportedFilms, SimulatedFilms

_DESCRIPTION, _REGISTER = "set.json", "films.jsonl"


class FilmStore:
    """Films in a directory.

    Arrays (Zarr v3, one chunk a film): `magnetisation` float16 (films, 3, ny, nx), unit vectors, +z
    where there is no material; `saturation_magnetisation` float32 (films, ny, nx) in A/m, 0 where
    there is none.
    """

    def __init__(self, path: Path, film_set: FilmSet) -> None:
        self.path = path
        self.grid = film_set.grid
        self.provenance = film_set.provenance
        self.capacity = film_set.capacity
        self._count: int | None = None
        self._register = FilmRegister(path / _REGISTER)
        shape = self.grid.shape
        self._magnetisation = _open_array(
            path / "magnetisation", (self.capacity, 3, *shape), "float16"
        )
        self._ms = _open_array(
            path / "saturation_magnetisation", (self.capacity, *shape), "float32"
        )

    @classmethod
    def create(
        cls,
        path: Path,
        grid: FilmGrid,
        provenance: SimulatedFilms | ImportedFilms,
        capacity: int,
    ) -> FilmStore:
        """Create a set in `path`, or go on with the one that is there.

        Films of an interrupted run that cannot be read are forgotten, so that they are made again.

        Raises
        ------
        UserError
            If `path` holds a set of another grid or provenance, or cannot be written.
        """
        film_set = FilmSet(grid=grid, provenance=provenance, capacity=capacity)
        there = _read_description(path) if (path / _DESCRIPTION).exists() else None
        if there is not None:
            if (there.grid, there.provenance) != (grid, provenance):
                raise UserError(
                    f"{path} holds films of another recipe or seed, or of other files; "
                    "choose another folder."
                )
            film_set = there.model_copy(update={"capacity": max(capacity, there.capacity)})
        with _storing(path):
            if film_set != there:
                path.mkdir(parents=True, exist_ok=True)
                write_json(path / _DESCRIPTION, film_set.model_dump())
            store = cls(path, film_set)
            store._forget_damaged_films()
        return store

    @classmethod
    def open(cls, path: Path) -> FilmStore:
        """Open an existing set.

        Raises
        ------
        UserError
            If there is none in `path`, or an earlier version made it.
        """
        film_set = _read_description(path)
        with _storing(path):
            return cls(path, film_set)

    def write_arrays(self, index: int, magnetisation: np.ndarray, ms: np.ndarray) -> None:
        """Write the arrays of film `index`; several processes may do so at once.

        Raises
        ------
        UserError
            If the disk refuses.
        """
        with _storing(self.path):
            self._magnetisation[index].write(magnetisation.astype(np.float16)).result()
            self._ms[index].write(ms.astype(np.float32)).result()

    def register(self, record: dict[str, Any]) -> None:
        """Add the line of one film; only one process does so.

        Raises
        ------
        UserError
            If the disk refuses.
        """
        with _storing(self.path):
            self._register.append(record)

    def records(self) -> list[dict[str, Any]]:
        """Return what is known of each finished film, in the order of their index."""
        records = self._register.records()
        if self._count is None:
            return records
        return [record for record in records if record["index"] < self._count]

    def first(self, count: int) -> FilmStore:
        """Return the same set as if it had no more films than the first `count`."""
        part = copy.copy(self)
        part._count = count
        return part

    def magnetisation(self, index: int) -> np.ndarray:
        """Return unit vectors, float32 of shape (3, ny, nx)."""
        return self._read(self._magnetisation, index).astype(np.float32)

    def saturation_magnetisation(self, index: int) -> np.ndarray:
        """Return Ms in A/m, float32 of shape (ny, nx)."""
        return self._read(self._ms, index)

    def _read(self, array: ts.TensorStore, index: int) -> np.ndarray:
        try:
            return np.asarray(array[index].read().result())
        except (ValueError, OSError):
            raise UserError(
                f"Film {index} of {self.path} is damaged; the command that made the set makes it "
                "again."
            ) from None

    def _forget_damaged_films(self) -> None:
        records = self.records()
        whole = [record for record in records if self._is_whole(record["index"])]
        if len(whole) < len(records):
            self._register.rewrite(whole)

    def _is_whole(self, index: int) -> bool:
        try:
            self._read(self._magnetisation, index)
            self._read(self._ms, index)
        except UserError:
            return False
        return True


def _read_description(path: Path) -> FilmSet:
    try:
        described = json.loads((path / _DESCRIPTION).read_text())
    except (OSError, ValueError):
        raise UserError(
            f"{path} is not a set of films; `skyrmlive simulate --out {path}` makes one."
        ) from None
    try:
        return FilmSet.model_validate(described)
    except ValidationError:
        raise UserError(
            f"{path} was made by another version of skyrmlive, which described its films "
            "otherwise; simulate them anew in another folder."
        ) from None


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    """Turn what a disk refuses into one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        if isinstance(error, OSError) and error.strerror:
            reason = error.strerror
        elif "[os_error_code" in reason:  # tensorstore: "...: No space left on device [...]"
            reason = reason.partition(" [os_error_code")[0].rpartition(": ")[2]
        raise UserError(
            f"Writing to {path} failed: {reason}; the films that were done are kept, and the same "
            "command goes on from there."
        ) from None


def _open_array(path: Path, shape: tuple[int, ...], dtype: str) -> ts.TensorStore:
    spec = {
        "driver": "zarr3",
        "kvstore": {"driver": "file", "path": f"{path}/"},
        # a missing chunk is an error, not a film of zeros, and a checksum finds a damaged one
        "fill_missing_data_reads": False,
        "store_data_equal_to_fill_value": True,
        "metadata": {
            "data_type": dtype,
            "chunk_grid": {
                "name": "regular",
                "configuration": {"chunk_shape": [1, *shape[1:]]},
            },
            "codecs": [
                {
                    "name": "blosc",
                    "configuration": {"cname": "zstd", "clevel": 3, "shuffle": "shuffle"},
                },
                {"name": "crc32c"},
            ],
        },
    }
    array = (
        ts.open(spec, open=True).result()
        if (path / "zarr.json").exists()
        else ts.open(spec, create=True, shape=list(shape)).result()
    )
    if array.shape[0] < shape[0]:
        array = array.resize(exclusive_max=list(shape), expand_only=True).result()
    return array
