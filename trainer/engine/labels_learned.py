"""By which rule the masks were made that an engine learned from."""

from __future__ import annotations

from pydantic import ValidationError

from ...inference.bundle import RECIPE, EngineBundle
from ..dataset.labels import LabelRule
from ..learning.training_recipe import TrainingRecipe


def labels_learned(bundle: EngineBundle) -> LabelRule:
    """Return the rule of the bundle's recipe; the usual one of a bundle that has none."""
    content = bundle.files.get(RECIPE)
    if content is None:
        return LabelRule()
    try:
        return TrainingRecipe.model_validate_json(content).labels
    except ValidationError:  # of another version
        return LabelRule()
