"""The sweeps that come along, and a lab's own."""

from __future__ import annotations

from pathlib import Path

from ...stream.errors import UserError
from ..toml_models import PresetFolder, model_from_toml, read_text
from .recipe import SweepRecipe

_PRESETS = PresetFolder(Path(__file__).parent / "presets", SweepRecipe)

sweep_names = _PRESETS.names


def sweep_text(name_or_file: str) -> str:
    """Return the TOML of a preset, or what is in a file.

    Raises
    ------
    UserError
        If there is neither such a preset nor such a file.
    """
    if name_or_file in sweep_names():
        return _PRESETS.text(name_or_file)
    if not Path(name_or_file).exists():
        raise UserError(
            f"There is no sweep {name_or_file!r}, neither as a file nor among the presets "
            f"{', '.join(sweep_names())}."
        )
    return read_text(Path(name_or_file))


def load_sweep(name_or_file: str) -> SweepRecipe:
    """Return the sweep that a preset or a file describes.

    Raises
    ------
    UserError
        If it cannot be read, or is impossible; the sentence names the parameter.
    """
    return model_from_toml(SweepRecipe, sweep_text(name_or_file), name_or_file)
