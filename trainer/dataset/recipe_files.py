"""The recipes of films that come along, and a lab's own."""

from __future__ import annotations

from pathlib import Path

from ..toml_models import PresetFolder
from .film_recipe import FilmRecipe

_PRESETS = PresetFolder(Path(__file__).parent / "presets", FilmRecipe)

preset_names = _PRESETS.names
preset_text = _PRESETS.text
load_preset = _PRESETS.load
load_recipe = _PRESETS.load_file
