"""Muon against its definition and against torch's."""

import pytest
import torch
from torch import nn

from skyrmlive.trainer.learning.architectures import BlockNetwork
from skyrmlive.trainer.learning.optimiser import Muon, optimisers, orthogonalised
from skyrmlive.trainer.learning.training_recipe import TrainingPlan


@pytest.mark.parametrize("shape", [(16, 144), (160, 1440), (160, 40), (48, 48)])
def test_all_directions_count_alike(shape):
    matrix = torch.randn(shape, generator=torch.manual_seed(1)) * 1e-4
    u, values, v = torch.linalg.svd(matrix, full_matrices=False)
    strong = values > 0.1 * values.max()
    aligned = (u.T @ orthogonalised(matrix) @ v.T).diagonal()[strong]
    assert 0.6 < aligned.min() <= aligned.max() < 1.3


def test_it_steps_as_torch_does_but_for_its_half_precision():
    torch.manual_seed(2)
    ours = nn.Parameter(torch.randn(32, 8, 3, 3).to(memory_format=torch.channels_last))
    theirs = nn.Parameter(ours.detach().flatten(1).clone())
    options = {"lr": 0.02, "weight_decay": 0.1}
    muon = Muon([ours], **options)
    peer = torch.optim.Muon([theirs], **options, adjust_lr_fn="match_rms_adamw")
    start = theirs.detach().clone()
    for _ in range(5):
        ours.grad = torch.randn(ours.shape)
        # theirs averages gradients where ours sums them: of no consequence once normalised
        theirs.grad = ours.grad.flatten(1).clone()
        muon.step()
        peer.step()
    off = (ours.detach().flatten(1) - theirs.detach()).norm() / (theirs.detach() - start).norm()
    assert off < 0.03


def test_each_weight_is_stepped_by_one():
    network = BlockNetwork(widths=(16, 32)).build()
    adamw, muon = optimisers(network, TrainingPlan(optimiser="muon"))
    stepped = [each for o in (adamw, muon) for group in o.param_groups for each in group["params"]]
    assert sorted(map(id, stepped)) == sorted(map(id, network.parameters()))
    names = {id(each): name for name, each in network.named_parameters()}
    by_muon = {names[id(each)] for each in muon.param_groups[0]["params"]}
    assert "down.1.convolutions.0.weight" in by_muon
    assert not by_muon & {"size_head.weight", "size_sense.0.weight", "head.bias"}
    assert len(optimisers(network, TrainingPlan())) == 1
