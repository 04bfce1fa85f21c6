"""A set of relaxed films on disk: Zarr arrays and one line of JSON a film.

`films.jsonl` is the register: a film counts once its line is there, and its line is written after
its arrays. A simulation that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore as ts

from ...stream.errors import UserError
from ..micromagnetics.multiresolution import RelaxationPlan
from .film_recipe import FilmRecipe


class FilmStore:
    """Films in a directory.

    Arrays (Zarr v3, one chunk a film): `magnetisation` float16 (films, 3, ny, nx), unit vectors;
    `saturation_magnetisation` float32 (films, ny, nx) in A/m.
    """

    def __init__(
        self, path: Path, recipe: FilmRecipe, plan: RelaxationPlan, seed: int, capacity: int
    ) -> None:
        self.path = path
        self.recipe = recipe
        self.plan = plan
        self.seed = seed
        self.capacity = capacity
        cells = recipe.cells
        self._magnetisation = _open_array(
            path / "magnetisation", (capacity, 3, cells, cells), "float16"
        )
        self._ms = _open_array(
            path / "saturation_magnetisation", (capacity, cells, cells), "float32"
        )

    @classmethod
    def create(
        cls, path: Path, recipe: FilmRecipe, plan: RelaxationPlan, seed: int, capacity: int
    ) -> FilmStore:
        """Create a set in `path`, or go on with the one that is there.

        Raises
        ------
        UserError
            If `path` holds a set with another recipe, plan or seed.
        """
        description = path / "set.json"
        if description.exists():
            store = cls.open(path)
            if (store.recipe, store.plan, store.seed) != (recipe, plan, seed):
                raise UserError(
                    f"{path} holds films of another recipe or seed; choose another folder."
                )
            if capacity > store.capacity:
                store = cls(path, recipe, plan, seed, capacity)
                store._describe()
            return store
        path.mkdir(parents=True, exist_ok=True)
        store = cls(path, recipe, plan, seed, capacity)
        store._describe()
        return store

    @classmethod
    def open(cls, path: Path) -> FilmStore:
        """Open an existing set.

        Raises
        ------
        UserError
            If there is none in `path`.
        """
        try:
            described = json.loads((path / "set.json").read_text())
            return cls(
                path,
                FilmRecipe.model_validate(described["recipe"]),
                RelaxationPlan.model_validate(described["plan"]),
                described["seed"],
                described["capacity"],
            )
        except (OSError, ValueError, KeyError) as error:
            raise UserError(
                f"{path} is not a set of films; `skyrmlive simulate --out {path}` makes one."
            ) from error

    def _describe(self) -> None:
        described = {
            "recipe": self.recipe.model_dump(),
            "plan": self.plan.model_dump(),
            "seed": self.seed,
            "capacity": self.capacity,
        }
        (self.path / "set.json").write_text(json.dumps(described, indent=2) + "\n")

    def write_arrays(self, index: int, magnetisation: np.ndarray, ms: np.ndarray) -> None:
        """Write the arrays of film `index`; several processes may do so at once."""
        self._magnetisation[index].write(magnetisation.astype(np.float16)).result()
        self._ms[index].write(ms.astype(np.float32)).result()

    def register(self, record: dict[str, Any]) -> None:
        """Append the line of one film; only one process does so."""
        with (self.path / "films.jsonl").open("a+b") as register:
            # a kill may have torn the last line; the new one must not continue it
            if register.tell() and not self._ends_with_newline():
                register.write(b"\n")
            register.write(json.dumps(record).encode() + b"\n")

    def _ends_with_newline(self) -> bool:
        with (self.path / "films.jsonl").open("rb") as register:
            register.seek(-1, 2)
            return register.read(1) == b"\n"

    def records(self) -> list[dict[str, Any]]:
        """Return what is known of each finished film, in the order of their index."""
        register = self.path / "films.jsonl"
        if not register.exists():
            return []
        by_index = {}
        for line in register.read_text().splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue  # the last line of an interrupted run
            by_index[record["index"]] = record
        return [by_index[index] for index in sorted(by_index)]

    def magnetisation(self, index: int) -> np.ndarray:
        """Return unit vectors, float32 of shape (3, ny, nx)."""
        return self._magnetisation[index].read().result().astype(np.float32)

    def saturation_magnetisation(self, index: int) -> np.ndarray:
        """Return Ms in A/m, float32 of shape (ny, nx)."""
        return self._ms[index].read().result()


def _open_array(path: Path, shape: tuple[int, ...], dtype: str) -> ts.TensorStore:
    spec = {
        "driver": "zarr3",
        "kvstore": {"driver": "file", "path": str(path)},
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
                }
            ],
        },
    }
    array = (
        ts.open(spec, create=True, open=True, shape=list(shape)).result()
        if not (path / "zarr.json").exists()
        else ts.open({**spec, "metadata": {}}, open=True).result()
    )
    if array.shape[0] < shape[0]:
        array = array.resize(exclusive_max=list(shape), expand_only=True).result()
    return array
