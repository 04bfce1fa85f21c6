"""What a network makes of an image and of its mirror image: one answer, if it were exact.

A weak phase that is mirrored along the tilt axis, and reversed, is that of the mirrored film (of
Neel skyrmions; `examples.turned` says of which others): the image is mirrored and its contrast
inverted. A trained network's two answers differ by chance, and their mean is nearer the truth. A
network that is held to the mean of its own running average's two answers (Tarvainen and Valpola,
NeurIPS 2017) comes near it with one look.
"""

from __future__ import annotations

import torch
from torch import nn

from .network import SkyrmNet


@torch.no_grad()
def mean_of_both(
    network: SkyrmNet, image: torch.Tensor, told: torch.Tensor, deconvolved: torch.Tensor
) -> torch.Tensor:
    """Return the logits of mask and core, (batch, 2, height, width), mean of both answers.

    Parameters as of `SkyrmNet.forward`. What is told of an image is told of its mirror image, and
    the deconvolved one is not inverted: it shows where skyrmions are.
    """
    here = network(image, told, deconvolved).logits.float()
    mirrored = network(-image.flip(-1), told, deconvolved.flip(-1)).logits.float()
    return (here + mirrored.flip(-1)) / 2


def consistency_loss(logits: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """Return how far logits are from those taught: cross-entropy over their entropy, a mean."""
    target = taught.sigmoid()
    loss = nn.functional.binary_cross_entropy_with_logits
    return loss(logits, target) - loss(taught, target)
