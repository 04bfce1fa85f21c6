"""One answer to an image and to its mirror image."""

import numpy as np
import pytest
import torch

from skyrmlive.trainer.learning.architectures import BlockNetwork
from skyrmlive.trainer.learning.consistency import consistency_loss, mean_of_both
from skyrmlive.trainer.learning.training import Training

from ..inference.samples import network_inputs
from .small_training import TINY, sources


@pytest.fixture
def network():
    torch.manual_seed(0)
    return BlockNetwork(widths=(8, 16)).build().eval()


def test_both_answers_have_one_mean(network):
    given = [
        torch.from_numpy(each)
        for each in network_inputs(np.random.default_rng(0), 2, 64, 96).values()
    ]
    image, told, deconvolved = given
    mean = mean_of_both(network, *given)
    mirrored = mean_of_both(network, -image.flip(-1), told, deconvolved.flip(-1))
    torch.testing.assert_close(mirrored.flip(-1), mean)
    assert (network(*given).logits - mean).abs().max() > 0.01


def test_nothing_is_asked_of_answers_that_agree():
    taught = torch.tensor([-3.0, 0.0, 2.0])
    answer = taught.clone().requires_grad_()
    loss = consistency_loss(answer, taught)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-7)
    assert answer.grad is not None
    assert answer.grad.abs().max() < 1e-7
    assert consistency_loss(taught + 0.5, taught) > 0.01


@pytest.mark.long
def test_a_network_that_is_held_to_both_answers_agrees_better(films, tmp_path):
    """Trained alike otherwise, on the same examples."""

    def disagreement(weight: float) -> float:
        plan = TINY.plan.model_copy(update={"consistency_weight": weight, "steps": 40})
        recipe = TINY.model_copy(update={"plan": plan})
        training = Training(tmp_path / str(weight), recipe, "cpu")
        source, validation = sources([films], recipe)
        list(training.run(source, validation))
        rng = np.random.default_rng(1)
        lessons = [validation.lesson(validation.draw(rng))[:3] for _ in range(8)]
        given = [torch.from_numpy(np.stack(each)) for each in zip(*lessons, strict=True)]
        network = training.best.eval()
        with torch.no_grad():
            return float((network(*given).logits - mean_of_both(network, *given)).square().mean())

    assert disagreement(3.0) < 0.6 * disagreement(0.0)
