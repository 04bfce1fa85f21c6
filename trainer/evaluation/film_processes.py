"""One engine beside many films, on any number of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ...inference.bundle import EngineBundle
from ...inference.condition import ImagingCondition
from ...inference.engine import Engine
from ...inference.segmenter import Segmenter
from ..dataset.film_store import FilmStore
from ..dataset.labels import LabelRule
from ..learning.degradation import Degradation
from ..learning.examples import ExampleSource
from ..learning.optics import Optics
from ..learning.published_noise import PublishedNoise
from ..lorentz.microscope import Microscope
from ..worker_processes import worker_pool

_NO_DEGRADATION = Degradation(
    published_share=1,
    published=PublishedNoise(blur_share=0, poisson_share=0, salt_and_pepper_share=0),
)
"""A source needs one to draw examples, which an evaluation does not."""

T = TypeVar("T", covariant=True)


class FilmWork(Protocol[T]):
    """What is done with a film; picklable, as a function of a module or a `partial` of one is."""

    def __call__(self, segmenter: Segmenter, source: ExampleSource, film: int, *, number: int) -> T:
        """Return what is known of one film of a source, which is film `number` of all."""
        ...


@dataclass(frozen=True)
class Bench:
    """An engine and the films that it is held against.

    Attributes
    ----------
    bundle
        Folder of the engine.
    sets
        Folders of the films. Those of all sets are numbered through, in this order.
    rule
        How their masks are drawn.
    """

    bundle: Path
    sets: tuple[Path, ...]
    rule: LabelRule

    def films(self, limit: int | None = None) -> list[int]:
        """Return the numbers of the films, or of the first few of them."""
        count = sum(len(FilmStore.open(path).records()) for path in self.sets)
        return list(range(count if limit is None else min(limit, count)))


def evaluation_source(
    films: list[tuple[FilmStore, list[int]]], rule: LabelRule, condition: ImagingCondition
) -> ExampleSource:
    """Return films as the microscope of an engine shows them, for clean images only."""
    microscope = Microscope.of(condition)
    optics = Optics.around(condition.defocus_nm, condition.tilt_deg, microscope)
    return ExampleSource(films, rule, optics, _NO_DEGRADATION)


class _Worker:
    """A loaded engine, and the films one by one."""

    def __init__(self, bench: Bench, threads: int | None) -> None:
        engine = Engine.from_bundle(EngineBundle.load(bench.bundle), threads=threads)
        self._condition, self._rule = engine.condition, bench.rule
        self._segmenter = Segmenter(engine)
        stores = [FilmStore.open(path) for path in bench.sets]
        self._films = [(store, record["index"]) for store in stores for record in store.records()]

    def do(self, work: FilmWork[T], number: int) -> T:
        store, index = self._films[number]
        source = evaluation_source([(store, [index])], self._rule, self._condition)
        return work(self._segmenter, source, 0, number=number)


def over_films(
    work: FilmWork[T], bench: Bench, numbers: Sequence[int], workers: int = 1
) -> Iterator[T]:
    """Do some work with each film and yield what it returns, in order, as soon as it is there.

    Every worker is a process of one thread. What was done does not depend on their number.

    Parameters
    ----------
    numbers
        Of the films, from `Bench.films`; leave out those that are done.

    Raises
    ------
    UserError
        An engine or a set cannot be read, or a worker was killed.
    """
    if workers == 1 or len(numbers) < 2:
        worker = _Worker(bench, threads=None)
        for number in numbers:
            yield worker.do(work, number)
        return
    EngineBundle.load(bench.bundle)  # what is wrong with it should be told here, not by a worker
    with worker_pool(workers, _start, bench, hint="fewer --workers may help") as pool:
        yield from pool.map(_do, [work] * len(numbers), numbers)


_worker: _Worker


def _start(bench: Bench) -> None:
    global _worker
    _worker = _Worker(bench, threads=1)


def _do(work: Callable[..., Any], number: int) -> Any:
    return _worker.do(work, number)
