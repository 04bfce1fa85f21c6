"""The states of a sweep on disk, one file a frame.

A file appears under its name only when it is complete, so that a sweep which was killed goes on
after its last state, and nothing that it would have done depends on where it was killed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from ...stream.errors import UserError, cannot_write
from ...stream.recording import layout
from .recipe import SweepRecipe


@dataclass(frozen=True)
class SweepState:
    """One frame of a sweep.

    Attributes
    ----------
    m
        Unit vectors, float32 of shape (3, ny, nx).
    identity
        As `SkyrmionIdentity.state`.
    record
        What else is known of it, as JSON values.
    """

    m: np.ndarray
    identity: dict[str, np.ndarray]
    record: dict[str, Any]


class SweepStore:
    """A sweep in a directory: `sweep.json`, its recipe, and `states/`."""

    def __init__(self, path: Path, recipe: SweepRecipe) -> None:
        self.path = path
        self.recipe = recipe

    @classmethod
    def create(cls, path: Path, recipe: SweepRecipe) -> SweepStore:
        """Begin a sweep in `path`, or go on with the one that is there.

        Raises
        ------
        UserError
            If `path` holds another sweep, or cannot be written.
        """
        description = path / "sweep.json"
        if description.exists():
            store = cls.open(path)
            if store.recipe != recipe:
                raise UserError(f"{path} holds another sweep; choose another folder.")
            return store
        try:
            (path / "states").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from None
        text = json.dumps(recipe.model_dump(mode="json"), indent=2) + "\n"
        write_whole(description, lambda file: file.write(text.encode()))
        return cls(path, recipe)

    @classmethod
    def open(cls, path: Path) -> SweepStore:
        """Open an existing sweep.

        Raises
        ------
        UserError
            If there is none in `path`.
        """
        try:
            return cls(path, SweepRecipe.model_validate_json((path / "sweep.json").read_text()))
        except (OSError, ValueError) as error:
            raise UserError(f"{path} is not a simulated sweep.") from error

    def _file(self, frame: int) -> Path:
        return self.path / "states" / f"{frame:05d}.npz"

    def completed(self) -> int:
        """Return how many frames are there, from the first without a gap."""
        frame = 0
        while self._file(frame).exists():
            frame += 1
        return frame

    def write(self, frame: int, state: SweepState) -> None:
        """Write a frame; once this returns it is there for good."""
        arrays = {"m": state.m, "record": np.array(json.dumps(state.record)), **state.identity}
        write_whole(self._file(frame), lambda file: np.savez(file, allow_pickle=False, **arrays))

    def read(self, frame: int) -> SweepState:
        """Read a frame that was written."""
        with np.load(self._file(frame)) as stored:
            arrays = dict(stored)
        m, record = arrays.pop("m"), json.loads(str(arrays.pop("record")))
        return SweepState(m, arrays, record)


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file so that it is there as a whole or not at all.

    Raises
    ------
    UserError
        If it cannot be written, for instance on a full disk.
    """
    try:
        layout.write_whole(path, write)
    except OSError as error:
        raise cannot_write(path, error) from None
