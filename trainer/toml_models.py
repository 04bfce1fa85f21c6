"""Recipes as TOML files: read, validated, and what is wrong with them in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ..stream.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

Model = TypeVar("Model", bound=BaseModel)


def read_text(path: Path) -> str:
    """Return what is in a file.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None


def model_from_toml(kind: type[Model], text: str, where: str) -> Model:
    """Return the model that `text` is; `where` it stands is part of an error's sentence.

    Raises
    ------
    UserError
        If it is not TOML, or impossible; the sentence names the parameter.
    """
    try:
        return kind.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where} is not TOML: {error}.") from None
    except ValidationError as error:
        raise UserError(f"{where}: {_plainly(error)}.") from None


class PresetFolder(Generic[Model]):
    """The TOML files of one kind of model that come along, by their names without `.toml`."""

    def __init__(self, folder: Path, kind: type[Model]) -> None:
        self._folder = folder
        self._kind = kind

    def names(self) -> list[str]:
        """Return the names of the presets."""
        return sorted(path.stem for path in self._folder.glob("*.toml"))

    def text(self, name: str) -> str:
        """Return the TOML of a preset, for a lab to edit.

        Raises
        ------
        UserError
            If there is no such preset.
        """
        if name not in self.names():
            raise UserError(f"There is no preset {name!r}; there are {', '.join(self.names())}.")
        return read_text(self._folder / f"{name}.toml")

    def load(self, name: str) -> Model:
        """Return a preset.

        Raises
        ------
        UserError
            If there is no such preset.
        """
        return model_from_toml(self._kind, self.text(name), f"preset {name}")

    def load_file(self, path: Path) -> Model:
        """Return the model in a file.

        Raises
        ------
        UserError
            If it cannot be read, or is impossible; the sentence names the parameter.
        """
        return model_from_toml(self._kind, read_text(path), str(path))


def _plainly(error: ValidationError) -> str:
    """Return the first problem that pydantic found, in plain words."""
    problem: Any = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"there is no parameter {name!r}"
    if problem["type"] == "missing":
        return f"{name} is missing"
    if problem["type"] == "value_error":
        return f"{name} {message}".strip()
    message = message.replace("Input ", "").replace("Tuple ", "")
    return f"{name} {message}, not {problem['input']!r}"
