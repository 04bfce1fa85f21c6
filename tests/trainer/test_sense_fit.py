"""The sense of a frame's mean size is fitted apart from the network's maps."""

import numpy as np
import torch

from skyrmlive.trainer.learning.loss import frame_size_loss
from skyrmlive.trainer.learning.network import frame_size_of
from skyrmlive.trainer.learning.resizing import Resizing
from skyrmlive.trainer.learning.sense_fit import EPOCHS_IN_ALL, fit_size_sense

from .small_training import TINY, sources


def surprise_at(network, examples):
    """Return the loss of the sensed sizes, mean over examples."""
    told, labels = (torch.from_numpy(np.stack(each)) for each in zip(*examples, strict=True))
    with torch.no_grad():
        sensed = frame_size_of(network.size_sense(network.scaled(told)))
        return float(frame_size_loss(sensed, labels[:, 1], labels[:, 2]))


def test_the_sense_learns_and_the_rest_of_the_network_stays(films):
    source, _ = sources([films])
    source.resizing = Resizing(share=1.0)
    rng = np.random.default_rng(5)
    examples = [(example.told, example.labels) for example in (source.draw(rng) for _ in range(60))]
    network = TINY.network.build().eval()
    told = torch.from_numpy(np.stack([told for told, _ in examples]))
    network.scale_told(told.mean(dim=0), told.std(dim=0) + 1e-3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    at_first, seen, epochs = surprise_at(network, examples), [], []

    fit_size_sense(
        network, source, 400, seed=1, on_example=seen.append, on_epoch=lambda: epochs.append(1)
    )

    assert surprise_at(network, examples) < at_first - 0.1
    assert seen[-1] == 400
    assert len(epochs) == EPOCHS_IN_ALL
    changed = {
        name for name, value in network.state_dict().items() if not torch.equal(value, before[name])
    }
    assert changed
    assert all(name.startswith("size_sense") for name in changed)
