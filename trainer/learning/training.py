"""Fit a network to examples, with checkpoints that a later run goes on from."""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from ...inference.backends.openvino_backend import cpu_precisions
from ...inference.told import OPTICS
from ...stream.errors import UserError
from ..torch_threads import torch_threads
from .architectures import Network
from .examples import ExampleSource, examples_of_worker
from .loss import training_loss
from .network import SkyrmNet
from .optimiser import optimisers
from .training_recipe import TrainingPlan, TrainingRecipe
from .validation import Validation

_CHECKPOINT, _FINISH = "checkpoint.pt", "finish"
_TOLD_EXAMPLES = 256
_REACH = 3.0
"""Standard deviations of what a network was told in training, up to which it may be told more."""


class _Examples(IterableDataset):
    """An endless stream of examples, another one in every worker process."""

    def __init__(self, source: ExampleSource, seed: int) -> None:
        self._source = source
        self._seed = seed

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        return map(self._source.lesson, examples_of_worker(self._source, self._seed))


def learning_rate(plan: TrainingPlan, step: int) -> float:
    """Return the rate at `step`: linear warm-up, then half a cosine down to nothing."""
    if step < plan.warm_up_steps:
        return plan.learning_rate * (step + 1) / plan.warm_up_steps
    done = (step - plan.warm_up_steps) / max(1, plan.steps - plan.warm_up_steps)
    return plan.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class Training:
    """One training run in a directory: `checkpoint.pt` and `history.jsonl`.

    Attributes
    ----------
    best
        The network whose validation was the best so far: a running mean of recent weights, which
        predicts more steadily than the last ones.

    Raises
    ------
    UserError
        If the directory holds the checkpoint of another network, or `start`, the weights to start
        from, are another network's.
    """

    def __init__(
        self,
        directory: Path,
        recipe: TrainingRecipe,
        device: str,
        start: dict[str, torch.Tensor] | None = None,
    ) -> None:
        self.directory = directory
        self.recipe = recipe
        self.plan = recipe.plan
        self.device = device
        torch.manual_seed(self.plan.seed)
        # channels last: convolutions on a CPU are up to a third faster
        self.network = recipe.network.build().to(device)
        nn.utils.convert_conv2d_weight_memory_format(self.network, torch.channels_last)
        self._is_mixed = device == "cuda" or (
            self.plan.mixed_precision and "bf16" in cpu_precisions()
        )
        self._has_start = start is not None
        if start is not None:
            self._load(start)
        if self.plan.frame_size_weight == 0 and isinstance(self.network, SkyrmNet):
            self.network.size_sense.requires_grad_(False)  # nor does weight decay change it
        self._average = copy.deepcopy(self.network)
        self.best: Network = copy.deepcopy(self.network)
        self._optimisers = optimisers(self.network, self.plan)
        self.step = 0
        self.seconds = 0.0
        self.best_score, self._worse_in_a_row = -math.inf, 0
        self._scored_on: str | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self._checkpoint = directory / _CHECKPOINT
        if self._checkpoint.exists():
            self._restore()

    @property
    def is_over(self) -> bool:
        """Whether the last step is done, or validation has not improved for too long."""
        patience = self.plan.patience
        return self.step >= self.plan.steps or (
            patience is not None and self._worse_in_a_row >= patience
        )

    @property
    def is_finishing(self) -> bool:
        """Whether an earlier run has come into the last steps, so that sizes are sensed already."""
        return (self.directory / _FINISH / _CHECKPOINT).exists()

    def finishing(self) -> Training:
        """Return the training that goes on from `best`, whose sense of size stays as it is.

        It is for films that fill an image (docs/decisions/0018).
        """
        plan = self.plan.model_copy(
            update={
                "steps": self.plan.finish_steps,
                "learning_rate": self.plan.finish_learning_rate,
                "frame_size_weight": 0.0,
            }
        )
        recipe = self.recipe.model_copy(update={"plan": plan})
        start = self.best.state_dict()
        return Training(self.directory / _FINISH, recipe, self.device, start)

    def end_with(self, finish: Training) -> None:
        """Take over what `finishing` has led to."""
        self.best = finish.best
        self.step += finish.step
        self.seconds += finish.seconds

    @property
    def _kind(self) -> str:
        """What a checkpoint has to have in common with the training that goes on from it."""
        return f"{self.recipe.network.model_dump_json()} by {self.plan.optimiser}"

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        partial = self._checkpoint.with_suffix(".partial")
        torch.save(
            {
                "kind": self._kind,
                "network": self.network.state_dict(),
                "average": self._average.state_dict(),
                "best": self.best.state_dict(),
                "optimisers": [each.state_dict() for each in self._optimisers],
                "numbers": [self.step, self.seconds, self.best_score, self._worse_in_a_row],
                "scored_on": self._scored_on,
            },
            partial,
        )
        partial.replace(self._checkpoint)

    def _load(self, weights: dict[str, torch.Tensor]) -> None:
        try:
            self.network.begin_from(weights)
        except RuntimeError:
            raise UserError(
                "The engine to start from has another network than the recipe asks for."
            ) from None

    def _restore(self) -> None:
        state: dict[str, Any] = torch.load(
            self._checkpoint, map_location=self.device, weights_only=True
        )
        if state.get("kind") != self._kind:
            raise UserError(
                f"{self.directory} holds the checkpoint of another network or optimiser; "
                "name another --run."
            )
        self.network.load_state_dict(state["network"])
        self._average.load_state_dict(state["average"])
        self.best.load_state_dict(state["best"])
        for optimiser, its_state in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(its_state)
        self.step, self.seconds, self.best_score, self._worse_in_a_row = state["numbers"]
        self._scored_on = state["scored_on"]

    def run(self, training: ExampleSource, validation: ExampleSource) -> Iterator[dict[str, float]]:
        """Learn until it is over; yield loss and, now and then, validation figures."""
        if self.is_over:
            return
        plan = self.plan
        # drawing in other processes leaves this one to the network
        loader = DataLoader(
            _Examples(training, plan.seed + 1 + self.step),
            batch_size=plan.batch,
            num_workers=plan.loader_processes,
            prefetch_factor=4 if plan.loader_processes else None,
            pin_memory=self.device == "cuda",
        )
        if self.step == 0 and isinstance(self.network, SkyrmNet):
            self._scale_told(training)
        threads = torch.get_num_threads()
        if self.device == "cpu":
            # threads that wait for each other beside busy loaders lose more than they gain
            threads = max(1, (os.cpu_count() or 1) - plan.loader_processes)
        with torch_threads(threads):
            always_same = Validation(validation, plan)
            self._score_on(always_same)
            yield from self._steps(iter(loader), always_same)

    def _score_on(self, validation: Validation) -> None:
        """Forget the best score if it is of other examples, as under a changed recipe."""
        if self._scored_on != validation.digest:
            self.best.load_state_dict(self._average.state_dict())
            self.best_score, self._worse_in_a_row = -math.inf, 0
        self._scored_on = validation.digest

    def _steps(
        self, batches: Iterator[list[torch.Tensor]], validation: Validation
    ) -> Iterator[dict[str, float]]:
        while not self.is_over:
            started = time.perf_counter()
            loss = self._learn(*next(batches))
            self.step += 1
            report = {"step": self.step, "loss": loss}
            if self.step % self.plan.validate_every == 0 or self.step == self.plan.steps:
                report |= self._validated(validation)
            self.seconds += time.perf_counter() - started
            if len(report) > 2:
                report["seconds"] = self.seconds
                self.save()
                with (self.directory / "history.jsonl").open("a") as history:
                    history.write(json.dumps(report) + "\n")
            yield report

    def _scale_told(self, source: ExampleSource) -> None:
        """Tell the network the usual values of what it will be told.

        One that comes from another training knows them; only optics beyond its reach are told anew.
        """
        rng = np.random.default_rng([self.plan.seed, 1])
        told = torch.from_numpy(source.draw_told(rng, _TOLD_EXAMPLES))
        middle, scale = told.mean(dim=0), told.std(dim=0) + 1e-3
        networks = (self.network, self._average, self.best)
        for network in networks:
            assert isinstance(network, SkyrmNet)
            fresh = torch.ones(len(middle), dtype=torch.bool)
            if self._has_start:
                off = (middle - network.told_middle.cpu()) / network.told_scale.cpu()
                fresh = (off.abs() > _REACH) & (torch.arange(len(middle)) < OPTICS)
            network.scale_told(
                torch.where(fresh, middle, network.told_middle.cpu()),
                torch.where(fresh, scale, network.told_scale.cpu()),
            )

    def _learn(self, *lessons: torch.Tensor) -> float:
        self.network.train()
        for optimiser in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(self.plan, self.step)
        *given, labels = (each.to(self.device, non_blocking=True) for each in lessons)
        with torch.autocast(self.device, torch.bfloat16, enabled=self._is_mixed):
            maps = self.network(*given)
        maps = type(maps)(*(each if each is None else each.float() for each in maps))
        loss = training_loss(maps, labels, self.plan)
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self._optimisers:
            optimiser.step()
        decay = min(self.plan.average_decay, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for mean, value in zip(
                self._average.state_dict().values(), self.network.state_dict().values(), strict=True
            ):
                if mean.dtype.is_floating_point:
                    mean.lerp_(value, 1 - decay)
                else:
                    mean.copy_(value)
        return float(loss.detach())

    def _validated(self, validation: Validation) -> dict[str, float]:
        figures = validation.figures(self._average, self.device)
        score = figures["mask_jaccard"] + figures["core_jaccard"]
        if score > self.best_score:
            self.best_score, self._worse_in_a_row = score, 0
            self.best.load_state_dict(self._average.state_dict())
        else:
            self._worse_in_a_row += 1
        return figures
