"""What training minimises."""

from __future__ import annotations

import torch
from torch import nn

from .network import Maps
from .training_recipe import TrainingPlan


def training_loss(maps: Maps, labels: torch.Tensor, plan: TrainingPlan) -> torch.Tensor:
    """Return the loss of a batch, its parts weighted as the plan says.

    Parameters
    ----------
    labels
        Mask, core (a share of each pixel) and ln(diameter / nm), NaN where there is none, shape
        (batch, 3, height, width).
    """
    loss = segmentation_loss(maps.logits[:, 0], labels[:, 0], plan.jaccard_weight)
    core = segmentation_loss(maps.logits[:, 1], labels[:, 1], plan.jaccard_weight)
    loss = loss + plan.core_weight * core
    if maps.log_diameter is not None:
        sizes = size_loss(maps.log_diameter, labels[:, 1], labels[:, 2])
        loss = loss + plan.size_weight * sizes
    if maps.frame_size is not None:
        loss = loss + plan.frame_size_weight * frame_size_loss(
            maps.frame_size, labels[:, 1], labels[:, 2]
        )
    return loss


def segmentation_loss(
    logits: torch.Tensor, label: torch.Tensor, jaccard_weight: float
) -> torch.Tensor:
    """Return cross-entropy plus the weighted soft Jaccard loss of one map, over the whole batch."""
    probability = torch.sigmoid(logits)
    overlap = (probability * label).sum()
    jaccard = (overlap + 1) / ((probability + label).sum() - overlap + 1)
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, label)
    return entropy + jaccard_weight * (1 - jaccard)


def size_loss(
    predicted: torch.Tensor, core: torch.Tensor, log_diameter: torch.Tensor
) -> torch.Tensor:
    """Return how unlikely the diameters are by the map of sizes, averaged over the cores.

    `predicted` has one value a block of pixels, shape (batch, 2, rows, columns).
    """
    block = core.shape[-1] // predicted.shape[-1]
    known = torch.isfinite(log_diameter)
    weight = core * known
    share = nn.functional.avg_pool2d(weight[:, None], block)[:, 0]
    total = nn.functional.avg_pool2d(
        (weight * torch.where(known, log_diameter, 0.0))[:, None], block
    )[:, 0]
    true = total / share.clamp(min=1e-6)
    return (share * surprise(true, predicted)).sum() / share.sum().clamp(min=1e-6)


def frame_size_loss(
    predicted: torch.Tensor, core: torch.Tensor, log_diameter: torch.Tensor
) -> torch.Tensor:
    """Return how unlikely each image's mean ln(diameter) is, by `predicted` of shape (batch, 2).

    Averaged over the images that have skyrmions.
    """
    true = mean_log_diameter(core, log_diameter)
    has_some = torch.isfinite(true)
    return surprise(true[has_some], predicted[has_some]).sum() / has_some.sum().clamp(min=1)


def mean_log_diameter(core: torch.Tensor, log_diameter: torch.Tensor) -> torch.Tensor:
    """Return the mean ln(diameter) of each image's skyrmions, shape (batch,), NaN without any."""
    known = torch.isfinite(log_diameter)
    # a skyrmion's cells are as many as its diameter squared; each skyrmion counts once
    log_diameter = torch.where(known, log_diameter, 0.0)
    weight = core * known * torch.exp(-2 * log_diameter)
    return (weight * log_diameter).sum(dim=(1, 2)) / weight.sum(dim=(1, 2))


def surprise(true: torch.Tensor, predicted: torch.Tensor) -> torch.Tensor:
    """Return the negative log likelihood of a normal distribution, mean and log sigma given.

    Each term is scaled by its predicted spread (without gradient), so that sizes that are hard to
    tell do not lose their pull on the mean (Seitzer et al., ICLR 2022, with beta = 1/2).
    """
    mean, log_sigma = predicted[:, 0], predicted[:, 1]
    score = 0.5 * ((true - mean) * torch.exp(-log_sigma)) ** 2 + log_sigma
    return score * torch.exp(log_sigma).detach()
