"""Fit what a network senses of a frame's mean size, to far more frames than it has been shown.

What is told of a frame is a few dozen numbers, of which thousands are learned from in seconds; the
network itself has seen too few frames for that when its maps are good (docs/decisions/0015).

What chance makes of one fit, a percent or two of a frame's mean, it makes otherwise of the next:
some are fitted apart, and one learns their mean (docs/decisions/0023).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from .examples import ExampleSource, examples_of_worker
from .loss import mean_log_diameter, surprise
from .network import SkyrmNet, frame_size_of, size_sense

_DRAWN_AT_ONCE = 20
_EPOCHS = 40
_BATCH = 256
_LEARNING_RATE = 1.5e-3
_TEACHERS = 4
EPOCHS_IN_ALL = (_TEACHERS + 1) * _EPOCHS
"""How often the fits go through the examples."""

_TEACHERS_DECAY, _PUPIL_DECAY = 1e-2, 1e-4
"""Of the weights, each step. Sizes are noisy, what the teachers make of them is not."""


class _Told(IterableDataset):
    """What is told of frames and their mean ln(diameter / nm), each worker's share of a number."""

    def __init__(self, source: ExampleSource, count: int, seed: int) -> None:
        self._source, self._count, self._seed = source, count, seed

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        worker = get_worker_info()
        first, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        share = len(range(first, self._count, workers))
        for example in islice(examples_of_worker(self._source, self._seed, 2), share):
            _, core, log_diameter = torch.from_numpy(example.labels)[:, None]
            yield example.told, mean_log_diameter(core, log_diameter).numpy()


def fit_size_sense(
    network: SkyrmNet,
    source: ExampleSource,
    examples: int,
    seed: int = 0,
    workers: int = 0,
    on_example: Callable[[int], None] | None = None,
    on_epoch: Callable[[], None] | None = None,
) -> None:
    """Fit `network.size_sense`, in place, from random weights; the rest of the network stays.

    What it has learned beside the network is of fewer frames: begun with that, it stays less exact.

    Parameters
    ----------
    network
        On the CPU.
    source
        Draws the examples.
    examples
        How many; those without skyrmions teach nothing.
    workers
        Processes that draw.
    on_example
        Is called with the number of examples that have come.
    on_epoch
        Is called `EPOCHS_IN_ALL` times, whenever a fit has gone through them.
    """
    loader = DataLoader(
        _Told(source, examples, seed), batch_size=_DRAWN_AT_ONCE, num_workers=workers
    )
    told, sizes = [], []
    for some_told, some_sizes in loader:
        told.append(some_told)
        sizes.append(some_sizes[:, 0])
        if on_example:
            on_example(sum(map(len, told)))
    true = torch.cat(sizes)
    known = torch.isfinite(true)
    if known.any():
        _fit(network, torch.cat(told)[known], true[known], seed, on_epoch or (lambda: None))


def _fit(
    network: SkyrmNet,
    told: torch.Tensor,
    true: torch.Tensor,
    seed: int,
    on_epoch: Callable[[], None],
) -> None:
    torch.manual_seed(seed)
    known = network.scaled(told)

    def surprise_of(sense: nn.Module, chosen: torch.Tensor) -> torch.Tensor:
        return surprise(true[chosen], frame_size_of(sense(known[chosen]))).mean()

    teachers = [size_sense().train() for _ in range(_TEACHERS)]
    for teacher in teachers:
        _descend(teacher, surprise_of, len(true), _TEACHERS_DECAY, on_epoch)
        teacher.eval()
    with torch.no_grad():
        taught = torch.stack([teacher(known) for teacher in teachers]).mean(dim=0)

    def apart_from_taught(sense: nn.Module, chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.mse_loss(sense(known[chosen]), taught[chosen])

    pupil = size_sense().eval()  # what it learns has no noise: no neuron is left out
    _descend(pupil, apart_from_taught, len(true), _PUPIL_DECAY, on_epoch)
    network.size_sense.load_state_dict(pupil.state_dict())


def _descend(
    sense: nn.Module,
    loss_of: Callable[[nn.Module, torch.Tensor], torch.Tensor],
    count: int,
    weight_decay: float,
    on_epoch: Callable[[], None],
) -> None:
    """Go through `count` examples again and again; `loss_of` some of them, by their indices."""
    optimiser = torch.optim.AdamW(sense.parameters(), lr=_LEARNING_RATE, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, _EPOCHS * -(-count // _BATCH))
    for _ in range(_EPOCHS):
        for chosen in torch.randperm(count).split(_BATCH):
            loss = loss_of(sense, chosen)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        on_epoch()
