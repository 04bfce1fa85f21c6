"""The networks of the recipes: their size and their reach."""

import copy

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from skyrmlive.inference.backends.backend import input_shapes
from skyrmlive.trainer.dataset.recipe_files import preset_names
from skyrmlive.trainer.engine.weights import packed_weights, unpacked
from skyrmlive.trainer.learning.architectures import BlockNetwork, PaperNetwork
from skyrmlive.trainer.learning.frame_context import FrameContext
from skyrmlive.trainer.learning.half_precision import halve
from skyrmlive.trainer.learning.training_recipe import PRESETS

from ..inference.samples import network_inputs


def test_the_papers_network_has_its_number_of_parameters():
    network = PRESETS.load("paper").network.build()
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(790e3, rel=0.005)


@pytest.mark.parametrize("name", PRESETS.names())
def test_recipes_that_come_along_are_whole(name):
    recipe = PRESETS.load(name)
    assert recipe.name == name
    assert recipe.films
    assert all(wanted.preset in preset_names() for wanted in recipe.films)


@pytest.mark.parametrize(
    "network",
    [
        BlockNetwork(widths=(8, 16, 24)),
        BlockNetwork(widths=(8, 16, 24), refinements=(2, 0, 1)),
        PaperNetwork(filters=4),
    ],
)
def test_a_pixel_sees_no_farther_than_the_networks_reach(network):
    torch.manual_seed(0)
    built = network.build().eval()
    for layer in built.modules():
        if isinstance(layer, torch.nn.Conv2d):  # those that begin with zeros, too
            torch.nn.init.normal_(layer.weight, std=0.3)
    side = 2 * (built.reach // 32 + 3) * 32
    image = torch.randn(1, 1, side, side, requires_grad=True)
    middle = side // 2 + 5
    _, *others = (torch.zeros(shape) for shape in input_shapes(1, side, side).values())
    built(image, *others).logits[0, :, middle, middle].sum().backward()
    assert image.grad is not None
    y, x = np.nonzero(image.grad[0, 0].numpy())
    farthest = max(np.abs(y - middle).max(), np.abs(x - middle).max())
    assert 0.3 * built.reach < farthest <= built.reach


def test_what_is_added_to_a_network_begins_with_the_answers_of_the_network_without_it():
    torch.manual_seed(1)
    widths = (8, 16, 24)
    inputs = network_inputs(np.random.default_rng(0), 2, 64, 96)
    given = [torch.from_numpy(each) for each in inputs.values()]
    smaller = _answering(BlockNetwork(widths=widths).build())
    for larger in (
        BlockNetwork(widths=widths, refinements=(1, 2)),
        BlockNetwork(widths=widths, refinements=(2, 3, 1)),
        BlockNetwork(widths=widths, refinements=(2, 4, 1), frame_context=True),
        BlockNetwork(widths=widths, refinements=(2, 4, 1), frame_context=True),
    ):
        network = larger.build().eval()
        network.begin_from(smaller.state_dict())
        with torch.no_grad():
            before, after = smaller(*given), network(*given)
        assert before.logits.std() > 0.1
        for mine, theirs in zip(after, before, strict=True):
            torch.testing.assert_close(mine, theirs)
        smaller = _answering(network)
    for name, value in smaller.state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], value)


def _answering(network):
    """Return a network as training might leave it: what begins with zeros no longer has them."""
    for layer in network.modules():
        if isinstance(layer, (torch.nn.Linear, torch.nn.Conv2d)) and not layer.weight.any():
            torch.nn.init.normal_(layer.weight, std=0.3 / layer.weight.shape[1] ** 0.5)
    return network.eval()


def test_what_a_frame_has_in_common_is_that_of_its_skyrmions_wherever_they_are():
    torch.manual_seed(2)
    context = _answering(FrameContext([6, 4]))
    fine, core = torch.randn(1, 4, 32, 32), torch.zeros(1, 1, 32, 32)
    core[..., 2:6, 4:8] = core[..., 20:24, 8:12] = 1.0
    maps = [torch.randn(1, 6, 16, 16), fine]
    modulation = torch.zeros(1, 8)

    def answer(maps, core):
        with torch.no_grad():
            return context(maps, core, modulation)[..., 8:16, 16:28]

    usual = answer(maps, core)
    # an empty half beside it, and whatever is outside the cores, change hardly anything
    beside = [torch.cat([each, torch.randn_like(each)], dim=3) for each in maps]
    wider = answer(beside, torch.cat([core, torch.zeros_like(core)], dim=3))
    torch.testing.assert_close(wider, usual, rtol=0, atol=0.02 * float(usual.std()))
    # other skyrmions far away do
    maps[0][..., 10:12, 4:6] += 3.0
    assert float((answer(maps, core) - usual).abs().max()) > 0.1 * float(usual.std())


@pytest.mark.parametrize(
    "other",
    [
        BlockNetwork(widths=(8, 24)),
        BlockNetwork(widths=(8, 16), refinements=(2,)),
        PaperNetwork(filters=4),
    ],
)
def test_a_network_begins_from_no_other(other):
    network = BlockNetwork(widths=(8, 16), refinements=(1,)).build()
    with pytest.raises(RuntimeError):
        network.begin_from(other.build().state_dict())


def test_levels_that_are_not_there_have_no_refinements():
    with pytest.raises(ValidationError, match="refinements are of more levels than widths name"):
        BlockNetwork(widths=(8, 16), refinements=(1, 1, 1))


def test_a_network_may_be_halved_and_begun_from_however_large_its_convolutions_have_grown():
    torch.manual_seed(3)
    network = BlockNetwork(widths=(8, 16), refinements=(1,)).build().eval()
    refinement = network.up[0].refinements[0]
    torch.nn.init.normal_(refinement.answer.weight)
    pairs = (network.down[0].convolutions[0], network.down[0].norms[0])
    for convolution, norm in (pairs, (refinement.look, refinement.norm)):
        # before a norm any scale is as good; these variances no longer fit into half precision
        convolution.weight.data *= 1e3
        norm.running_var *= 1e6
    rng = np.random.default_rng(5)
    given = [torch.from_numpy(each) for each in network_inputs(rng, 2, 64, 64).values()]
    halved, begun = copy.deepcopy(network), BlockNetwork(widths=(8, 16), refinements=(1,)).build()
    halve(halved)
    begun.begin_from(unpacked(packed_weights(network)))
    with torch.no_grad():
        whole = network(*given)
        assert float(whole.logits.std()) > 0.1
        for other in (halved.float(), begun.eval()):
            maps = other(*given)
            torch.testing.assert_close(maps.logits, whole.logits, rtol=0, atol=0.02)
            torch.testing.assert_close(maps.log_diameter, whole.log_diameter, rtol=0, atol=0.02)
