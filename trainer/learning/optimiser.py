"""What turns gradients into steps: AdamW, or Muon for the kernels of convolutions beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from .training_recipe import TrainingPlan

_SMALLEST = 8
"""Rows and columns of a kernel, as a matrix, from which on Muon has something to even out."""

_MOMENTUM = 0.95
_ITERATIONS, _COEFFICIENTS = 5, (3.4445, -4.7750, 2.0315)


def optimisers(network: nn.Module, plan: TrainingPlan) -> list[torch.optim.Optimizer]:
    """Return what steps a network's weights, each weight by one of them."""
    by_muon = []
    if plan.optimiser == "muon":
        kernels = (each for each in network.parameters() if each.ndim == 4)
        by_muon = [each for each in kernels if min(each.flatten(1).shape) >= _SMALLEST]
    muons = {id(each) for each in by_muon}
    rest = [each for each in network.parameters() if id(each) not in muons]
    rate, decay = plan.learning_rate, plan.weight_decay
    adamw = torch.optim.AdamW(rest, lr=rate, weight_decay=decay)
    return [adamw, Muon(by_muon, rate, decay)] if by_muon else [adamw]


class Muon(torch.optim.Optimizer):
    """Momentum whose singular values are all brought to one (Jordan et al., 2024).

    What a gradient says weakly, in many directions, so counts as much as the few that it says
    loudly. Steps are as large as AdamW's at the same rate (Liu et al., arXiv:2502.16982), so that
    one rate serves both.

    torch's own takes matrices only and orthogonalises in bf16, which a CPU without it emulates:
    that takes longer than all else in a step (docs/decisions/0027).

    Parameters
    ----------
    parameters
        Kernels; all but their first dimension count as one.
    lr, weight_decay
        As AdamW's.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, weight_decay: float) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Take one step; no closure is asked."""
        for group in self.param_groups:
            for kernel in group["params"]:
                if kernel.grad is None:
                    continue
                state = self.state[kernel]
                if not state:
                    state["momentum"] = torch.zeros_like(kernel)
                momentum = state["momentum"].mul_(_MOMENTUM).add_(kernel.grad)
                ahead = kernel.grad.add(momentum, alpha=_MOMENTUM).flatten(1)
                change = orthogonalised(ahead).reshape(kernel.shape)
                kernel.mul_(1 - group["lr"] * group["weight_decay"])
                kernel.add_(change, alpha=-group["lr"] * 0.2 * max(ahead.shape) ** 0.5)


def orthogonalised(matrix: torch.Tensor) -> torch.Tensor:
    """Return a matrix of the same singular vectors, whose singular values are between 0.7 and 1.2.

    By Jordan's quintic Newton-Schulz iteration; vanishing ones come out lower.
    """
    a, b, c = _COEFFICIENTS
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(_ITERATIONS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if is_tall else x
