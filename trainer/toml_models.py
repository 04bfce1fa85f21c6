"""Recipes as TOML files: read, validated, and what is wrong with them in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, TypeVar

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
