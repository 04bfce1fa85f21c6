"""Fit the network to examples, with checkpoints that a later run goes on from."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from ...stream.errors import UserError
from .examples import ExampleSource
from .network import SkyrmNet


class TrainingPlan(BaseModel):
    """How long and how fast to learn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = 3000
    batch: int = 16
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    warm_up_steps: int = 100
    average_decay: float = 0.998
    core_weight: float = 1.0
    filters: int = 24
    levels: int = 4
    block: int = 4
    seed: int = 0
    validate_every: int = 250
    loader_processes: int = 1


def segmentation_loss(
    logits: torch.Tensor, labels: torch.Tensor, core_weight: float
) -> torch.Tensor:
    """Cross-entropy plus soft Jaccard loss, per map, the core weighted by `core_weight`."""
    total = logits.new_zeros(())
    for channel, weight in ((0, 1.0), (1, core_weight)):
        z, y = logits[:, channel], labels[:, channel]
        p = torch.sigmoid(z)
        overlap = (p * y).sum()
        jaccard = (overlap + 1) / ((p + y).sum() - overlap + 1)
        entropy = nn.functional.binary_cross_entropy_with_logits(z, y)
        total = total + weight * (entropy + 0.5 * (1 - jaccard))
    return total


class _Examples(IterableDataset):
    """An endless stream of examples, another one in every worker process."""

    def __init__(self, source: ExampleSource, seed: int) -> None:
        self._source = source
        self._seed = seed

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        torch.set_num_threads(1)
        while True:
            yield self._source.draw(rng)


def learning_rate(plan: TrainingPlan, step: int) -> float:
    """Return the rate at `step`: linear warm-up, then half a cosine down to nothing."""
    if step < plan.warm_up_steps:
        return plan.learning_rate * (step + 1) / plan.warm_up_steps
    done = (step - plan.warm_up_steps) / max(1, plan.steps - plan.warm_up_steps)
    return plan.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class Training:
    """One training run in a directory: `checkpoint.pt` and `history.jsonl`.

    Raises
    ------
    UserError
        If the directory holds the checkpoint of another network.
    """

    def __init__(self, directory: Path, plan: TrainingPlan, device: str) -> None:
        self.directory = directory
        self.plan = plan
        self.device = device
        torch.manual_seed(plan.seed)
        self.network = SkyrmNet(plan.filters, plan.levels, plan.block).to(device)
        # the mean of recent weights predicts more steadily than the last ones
        self.average = copy.deepcopy(self.network)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
        )
        self.step = 0
        self.seconds = 0.0
        directory.mkdir(parents=True, exist_ok=True)
        self._checkpoint = directory / "checkpoint.pt"
        if self._checkpoint.exists():
            state = torch.load(self._checkpoint, map_location=device, weights_only=True)
            if state["architecture"] != self._architecture:
                raise UserError(
                    f"{directory} holds the checkpoint of another network; name another --run."
                )
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.seconds = state["step"], state["seconds"]

    @property
    def _architecture(self) -> list[int]:
        return [self.plan.filters, self.plan.levels, self.plan.block]

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        partial = self._checkpoint.with_suffix(".partial")
        torch.save(
            {
                "architecture": self._architecture,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
            },
            partial,
        )
        partial.replace(self._checkpoint)

    def run(self, training: ExampleSource, validation: ExampleSource) -> Iterator[dict[str, float]]:
        """Learn until the plan's last step; yield loss and, now and then, validation figures."""
        plan = self.plan
        # drawing in other processes leaves this one to the network
        loader = DataLoader(
            _Examples(training, plan.seed + 1 + self.step),
            batch_size=plan.batch,
            num_workers=plan.loader_processes,
            prefetch_factor=4,
        )
        batches = iter(loader)
        while self.step < plan.steps:
            started = time.perf_counter()
            loss = self._learn(*next(batches))
            self.step += 1
            report = {"step": self.step, "loss": loss}
            if self.step % plan.validate_every == 0 or self.step == plan.steps:
                report |= self.validate(validation)
            self.seconds += time.perf_counter() - started
            if len(report) > 2:
                report["seconds"] = self.seconds
                self.save()
                with (self.directory / "history.jsonl").open("a") as history:
                    history.write(json.dumps(report) + "\n")
            yield report

    def _learn(self, images: torch.Tensor, labels: torch.Tensor) -> float:
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.plan, self.step)
        images, labels = images.to(self.device), labels.to(self.device)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
            logits = self.network(images)
        loss = segmentation_loss(logits.float(), labels, self.plan.core_weight)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        decay = min(self.plan.average_decay, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for mean, value in zip(
                self.average.state_dict().values(), self.network.state_dict().values(), strict=True
            ):
                if mean.dtype.is_floating_point:
                    mean.lerp_(value, 1 - decay)
                else:
                    mean.copy_(value)
        return float(loss.detach())

    @torch.no_grad()
    def validate(self, source: ExampleSource, examples: int = 48) -> dict[str, float]:
        """Return the mean Jaccard index of both maps on examples that are always the same."""
        rng = np.random.default_rng(12345)
        self.average.eval()
        scores = {"mask_jaccard": 0.0, "core_jaccard": 0.0}
        for _ in range(examples):
            image, labels = source.draw(rng)
            found = self.average(torch.from_numpy(image)[None].to(self.device))[0].cpu().numpy() > 0
            for name, seen, true in zip(scores, found, labels > 0.5, strict=True):
                union = (seen | true).sum()
                scores[name] += float((seen & true).sum() / union) if union else 1.0
        return {name: score / examples for name, score in scores.items()}
