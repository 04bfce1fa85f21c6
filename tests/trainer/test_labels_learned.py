"""An engine is held against masks as it learned them."""

from dataclasses import replace

import pytest

from skyrmlive.inference.bundle import RECIPE, EngineBundle
from skyrmlive.inference.engine_store import find_engine
from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.engine.labels_learned import labels_learned


@pytest.mark.parametrize("name", ["neel-1to3mm", "neel-2mm-20deg"])
def test_the_rule_is_the_one_that_the_condition_names(name):
    bundle = EngineBundle.load(find_engine(name))
    assert str(labels_learned(bundle)) == bundle.condition.mask_definition


@pytest.mark.parametrize("files", [{}, {RECIPE: b"{}"}, {RECIPE: b"\xff"}])
def test_a_bundle_without_a_recipe_that_can_be_read_has_the_usual_one(files):
    bundle = EngineBundle.load(find_engine("neel-2mm-20deg"))
    others = {name: content for name, content in bundle.files.items() if name != RECIPE}
    assert labels_learned(replace(bundle, files=others | files)) == LabelRule()


def test_the_rule_in_words():
    assert str(LabelRule(threshold=0.98, erosion_cells=2)) == "Mz < 0.98, eroded by 2 cells"
    assert str(LabelRule(threshold=None, erosion_cells=1)).endswith("eroded by 1 cell")
    assert str(LabelRule(threshold=0.97, erosion_cells=0)) == "Mz < 0.97"
