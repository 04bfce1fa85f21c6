"""A network that looks at an image and at its mirror image."""

import numpy as np
import pytest
import torch

from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.engine.engine_writer import may_look_twice
from skyrmlive.trainer.engine.export import to_onnx
from skyrmlive.trainer.learning.architectures import BlockNetwork, PaperNetwork
from skyrmlive.trainer.learning.network import SkyrmNet
from skyrmlive.trainer.learning.two_looks import TwoLooks
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan

from ..inference.samples import network_inputs
from .small_training import FILM_SOURCE, sources


@pytest.fixture(scope="module")
def network() -> SkyrmNet:
    """Return one with random weights everywhere, also where training begins with zeros."""
    torch.manual_seed(0)
    built = BlockNetwork(widths=(8, 16)).build().eval()
    for layer in built.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.normal_(layer.weight, std=0.1)
    return built


def given(count: int, height: int = 64, width: int = 96) -> list[torch.Tensor]:
    inputs = network_inputs(np.random.default_rng(0), count, height, width)
    return [torch.from_numpy(each) for each in inputs.values()]


@torch.no_grad()
def test_the_answer_is_the_mean_of_those_to_an_image_and_its_mirror_image(network):
    image, told, deconvolved = given(2)
    here = network(image, told, deconvolved)
    there = network(-image.flip(-1), told, deconvolved.flip(-1))
    both = TwoLooks(network).eval()(image, told, deconvolved)
    torch.testing.assert_close(both.logits, (here.logits + there.logits.flip(-1)) / 2)
    sizes = (here.log_diameter + there.log_diameter.flip(-1)) / 2
    torch.testing.assert_close(both.log_diameter, sizes)
    assert (here.logits - both.logits).abs().max() > 0.1


@torch.no_grad()
def test_the_answer_to_the_mirror_image_is_the_mirrored_answer(network):
    image, told, deconvolved = given(1)
    twice = TwoLooks(network).eval()
    there = twice(-image.flip(-1), told, deconvolved.flip(-1))
    torch.testing.assert_close(
        there.logits.flip(-1), twice(image, told, deconvolved).logits, rtol=1e-4, atol=1e-5
    )


@pytest.fixture(scope="module")
def exported(network) -> OpenVinoBackend:
    """Return it as it is shipped; to export it takes long.

    In half precision shipped engines are held against this in `backends/test_tensorrt.py`.
    """
    return OpenVinoBackend(to_onnx(network, looks=2), "f32")


@pytest.mark.parametrize("count", [1, 2])
@torch.no_grad()
def test_exported_it_answers_alike_and_in_blocks(network, exported, count):
    inputs = given(count, 96, 160)
    expected = TwoLooks(network).eval()(*inputs)
    found = exported.infer(*(each.numpy() for each in inputs))
    np.testing.assert_allclose(found.probability, torch.sigmoid(expected.logits), atol=2e-3, rtol=0)
    np.testing.assert_allclose(found.log_diameter, expected.log_diameter, atol=2e-3, rtol=0)
    assert found.mask.are_logits
    assert found.mask.block == network.size_block


@pytest.fixture(scope="module")
def bloch_films(tmp_path_factory) -> FilmStore:
    """Ten films of bulk DMI on the grid of the others, hardly relaxed."""
    dmi = {"interfacial_dmi": (0.0, 0.0), "bulk_dmi": (1e-3, 1e-3), "texture": "bloch"}
    recipe = FILM_SOURCE.recipe.model_copy(update=dmi)
    plan = RelaxationPlan(steps_before=1, max_steps=1)
    provenance = FILM_SOURCE.model_copy(update={"recipe": recipe, "plan": plan})
    store = FilmStore.create(tmp_path_factory.mktemp("bloch") / "set", recipe.grid, provenance, 10)
    for _ in simulate_films(store, 10, batch=10, workers=1, device="cpu"):
        pass
    return store


def test_only_what_has_a_mirror_image_is_looked_at_twice(films, bloch_films, network):
    symmetric, _ = sources([films])
    assert may_look_twice(network, symmetric)
    assert not may_look_twice(PaperNetwork(filters=4).build(), symmetric)
    with_bloch_films, _ = sources([films, bloch_films])
    assert not may_look_twice(network, with_bloch_films)
