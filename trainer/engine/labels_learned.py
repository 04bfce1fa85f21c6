"""By which rule the masks were made that an engine learned from."""

from __future__ import annotations

from ...inference.bundle import EngineBundle
from ...stream.errors import UserError
from ..dataset.labels import LabelRule
from ..learning.training_recipe import recipe_of


def labels_learned(bundle: EngineBundle) -> LabelRule:
    """Return the rule of the bundle's recipe; the usual one where that cannot be read."""
    try:
        return recipe_of(bundle).labels
    except UserError:
        return LabelRule()
