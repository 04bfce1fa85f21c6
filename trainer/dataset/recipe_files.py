"""The recipes of films that come along, and a lab's own."""

from __future__ import annotations

from pathlib import Path

from ...stream.errors import UserError
from ..toml_models import model_from_toml, read_text
from .film_recipe import FilmRecipe

_PRESETS = Path(__file__).parent / "presets"


def preset_names() -> list[str]:
    """Return the names of the presets."""
    return sorted(path.stem for path in _PRESETS.glob("*.toml"))


def preset_text(name: str) -> str:
    """Return the TOML of a preset, for a lab to edit.

    Raises
    ------
    UserError
        If there is no such preset.
    """
    if name not in preset_names():
        raise UserError(f"There is no preset {name!r}; there are {', '.join(preset_names())}.")
    return read_text(_PRESETS / f"{name}.toml")


def load_preset(name: str) -> FilmRecipe:
    """Return a preset's recipe.

    Raises
    ------
    UserError
        If there is no such preset.
    """
    return model_from_toml(FilmRecipe, preset_text(name), f"preset {name}")


def load_recipe(path: Path) -> FilmRecipe:
    """Return the recipe in a TOML file.

    Raises
    ------
    UserError
        If it cannot be read, or no film can be made so; the sentence names the parameter.
    """
    return model_from_toml(FilmRecipe, read_text(path), str(path))
