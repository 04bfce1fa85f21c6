"""What a network is worth on examples that it does not learn from, and that are always the same."""

from __future__ import annotations

import hashlib

import numpy as np
import torch

from .architectures import Network
from .examples import ExampleSource
from .loss import training_loss
from .training_recipe import TrainingPlan

_SEED = 12345


class Validation:
    """Examples of films that are kept back.

    Attributes
    ----------
    digest
        Of all that is shown, told and asked: scores compare where it is the same.
    """

    def __init__(self, source: ExampleSource, plan: TrainingPlan) -> None:
        rng = np.random.default_rng(_SEED)
        self._plan = plan
        self._lessons = [source.lesson(source.draw(rng)) for _ in range(plan.validation_examples)]
        every = hashlib.sha256()
        for lesson in self._lessons:
            for part in lesson:
                every.update(part.tobytes())
        self.digest = every.hexdigest()

    @torch.no_grad()
    def figures(self, network: Network, device: str) -> dict[str, float]:
        """Return loss and mean Jaccard index of both maps."""
        network.eval()
        sums = {"validation_loss": 0.0, "mask_jaccard": 0.0, "core_jaccard": 0.0}
        for lesson in self._lessons:
            *given, answer = (torch.from_numpy(each)[None].to(device) for each in lesson)
            maps = network(*given)
            sums["validation_loss"] += float(training_loss(maps, answer, self._plan))
            for name, seen, true in zip(
                ("mask_jaccard", "core_jaccard"),
                maps.logits[0] > 0,
                answer[0, :2] > 0.5,
                strict=True,
            ):
                union = int((seen | true).sum())
                sums[name] += int((seen & true).sum()) / union if union else 1.0
        return {name: total / len(self._lessons) for name, total in sums.items()}
