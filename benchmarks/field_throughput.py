"""Effective fields a second: ours on batches, NeuralMag's on one film; bytes moved by a step."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from film_relaxation import Film
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.minimise import Descent

Evaluation = Callable[[], Any]


def ours(film: Film, batch: int, device: str) -> Evaluation:
    """Return what evaluates the field of `batch` copies of a film."""
    field, m = _repeated(film, batch, device)
    return lambda: field.field(m)


def _repeated(film: Film, batch: int, device: str) -> tuple[EffectiveField, torch.Tensor]:
    copies = torch.zeros(batch, dtype=torch.int64)
    films = film.films.select(copies).to(device)
    return EffectiveField(films, film.field_t.to(device)), film.start[copies].to(device)


def neuralmag(film: Film, device: str, both: bool) -> dict[str, Evaluation]:
    """Return what evaluates NeuralMag's field of one film.

    The film has a copy on either side, so that its transforms are as small as ours. NeuralMag
    compiles its field unless told not to; the eager form comes if asked for by `both`, and where
    there is no compiler.

    Raises
    ------
    ImportError
        If NeuralMag is not installed.
    """
    import neuralmag_peer

    evaluations: dict[str, Evaluation] = {}
    for name in ("compiled", "eager"):
        neuralmag_peer.neuralmag.config.torch["compile"] = name == "compiled"
        state = neuralmag_peer.film_state(
            film.films, float(film.field_t), film.start[0].to(device), copies=1
        )
        field = neuralmag_peer.total_field(state)
        try:
            field()
        except Exception as error:
            if name == "eager":
                raise
            print(f"NeuralMag does not compile here: {type(error).__name__}")
        else:
            evaluations[name] = field
            if not both:
                break
    return evaluations


def per_second(evaluations: dict[str, Evaluation], rounds: int, device: str) -> dict[str, float]:
    """Return calls a second of each, the best of `rounds` turns of 0.2 s: the least disturbed."""

    def wait() -> None:
        if device != "cpu":
            torch.cuda.synchronize()

    rates: dict[str, list[float]] = {name: [] for name in evaluations}
    for _ in range(rounds):
        for name, evaluate in evaluations.items():
            evaluate()
            wait()
            calls, started, seconds = 0, time.perf_counter(), 0.0
            while seconds < 0.2:
                for _ in range(4):
                    evaluate()
                wait()
                calls += 4
                seconds = time.perf_counter() - started
            rates[name].append(calls / seconds)
    return {name: max(rate) for name, rate in rates.items()}


class Traffic(TorchDispatchMode):
    """Counts the bytes that all operations read and write, as if nothing stayed in a cache.

    A transform over two directions goes through memory twice.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = [
                leaf
                for leaf in tree_leaves((args, kwargs, result))
                if isinstance(leaf, torch.Tensor)
            ]
            moved = sum(
                min(each.numel() * each.element_size(), each.untyped_storage().nbytes())
                for each in tensors
            )
            self.bytes += moved * (2 if "_fft_" in func.name() else 1)
        return result


def bandwidth_share(film: Film, batch: int, device: str) -> dict[str, float]:
    """Return bytes and seconds of a descent step of a batch, and the share of the bandwidth.

    The limit is what a copy of 256 MiB reaches here.
    """
    descent = Descent(*_repeated(film, batch, device))
    descent.advance(5)
    with Traffic() as traffic:
        descent.advance(10)
    step_s = 0.1 / per_second({"ten steps": lambda: descent.advance(10)}, 5, device)["ten steps"]
    source = torch.empty(64 * 2**20, device=device)
    target = torch.empty_like(source)
    copies = per_second({"copy": lambda: target.copy_(source)}, 5, device)["copy"]
    limit = 2 * source.numel() * source.element_size() * copies
    return {
        "bytes_per_step_and_film": traffic.bytes / 10 / batch,
        "seconds_per_step_and_film": step_s / batch,
        "bandwidth_limit_gb_s": limit / 1e9,
        "bandwidth_share": traffic.bytes / 10 / step_s / limit,
    }
