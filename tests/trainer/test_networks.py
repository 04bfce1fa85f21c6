"""The networks of the recipes: their size and their reach."""

import numpy as np
import pytest
import torch

from skyrmlive.inference.backends.backend import input_shapes
from skyrmlive.trainer.dataset.recipe_files import preset_names
from skyrmlive.trainer.learning.architectures import BlockNetwork, PaperNetwork
from skyrmlive.trainer.learning.training_recipe import PRESETS


def test_the_papers_network_has_its_number_of_parameters():
    network = PRESETS.load("paper").network.build()
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(790e3, rel=0.005)


@pytest.mark.parametrize("name", PRESETS.names())
def test_recipes_that_come_along_are_whole(name):
    recipe = PRESETS.load(name)
    assert recipe.name == name
    assert recipe.films
    assert all(wanted.preset in preset_names() for wanted in recipe.films)


@pytest.mark.parametrize("network", [BlockNetwork(widths=(8, 16, 24)), PaperNetwork(filters=4)])
def test_a_pixel_sees_no_farther_than_the_networks_reach(network):
    torch.manual_seed(0)
    built = network.build().eval()
    side = 2 * (built.reach // 32 + 3) * 32
    image = torch.randn(1, 1, side, side, requires_grad=True)
    middle = side // 2 + 5
    _, *others = (torch.zeros(shape) for shape in input_shapes(1, side, side).values())
    built(image, *others).logits[0, :, middle, middle].sum().backward()
    assert image.grad is not None
    y, x = np.nonzero(image.grad[0, 0].numpy())
    farthest = max(np.abs(y - middle).max(), np.abs(x - middle).max())
    assert 0.3 * built.reach < farthest <= built.reach
