"""Everything that is measured of one engine, and how it is measured and kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from ...inference.bundle import EngineBundle
from ...inference.engine import Engine
from ...inference.segmenter import Segmenter
from ..learning.examples import ExampleSource
from . import digests
from .bends import LEFT_IN_THE_MIDDLE, bent_film
from .conditions import (
    USUAL_NOISE_PERCENT,
    Axis,
    Condition,
    Setting,
    all_conditions,
    evaluation_axes,
)
from .familiarity import familiarity_of_film
from .film_processes import Bench, over_films
from .measures import MEASURES
from .pairs import pairs_from_folder, score_pairs
from .study import STUDY_FILES, StudyTables, study_film
from .summary import axis_summary
from .unfamiliar_frames import KINDS, Kind, ordinary

_ENGINE, _FAMILIARITY, _PAIRS = "engine.json", "familiarity.csv", "pairs.csv"
_TEXTURES, _BENDS = "textures", "bends"


@dataclass(frozen=True, eq=False)
class EngineAccuracy:
    """What was measured of one engine.

    Attributes
    ----------
    name, engine_id
        As people call it; with its network's exact version.
    nominal
        The setting it is made for.
    tables
        Of the films; None where it was held against pairs only.
    familiarity
        From `familiarity_of_film`.
    pairs
        From `score_pairs`, None without pairs.
    textures
        Of films unlike those that it is made for, by what they are called; at the nominal setting
        and usual noise.
    bends
        From `bent_film`; None where it was held against pairs only.
    held_against
        What it was measured on, as `EvaluationPlan.held_against` says.
    """

    name: str
    engine_id: str
    nominal: Setting
    tables: StudyTables | None
    familiarity: pd.DataFrame | None = None
    pairs: pd.DataFrame | None = None
    textures: dict[str, StudyTables] = field(default_factory=dict)
    bends: StudyTables | None = None
    held_against: dict[str, Any] = field(default_factory=dict)
    _summaries: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def axes(self) -> dict[str, Axis]:
        """The axes that it was evaluated along."""
        return evaluation_axes(self.nominal)

    @property
    def can_tell_unfamiliar(self) -> bool:
        """Whether it says how unfamiliar a frame looks."""
        return self.familiarity is not None and len(self.familiarity) > 0

    def along(self, axis: str) -> pd.DataFrame:
        """Return all measures along an axis, by its name; see `axis_summary`."""
        if axis not in self._summaries:
            assert self.tables is not None
            self._summaries[axis] = axis_summary(self.tables, self.axes[axis])
        return self._summaries[axis]

    def at_noise(self, percent: float) -> StudyTables:
        """Return the tables at the nominal setting and a level of noise."""
        assert self.tables is not None
        return self.tables.at(self.condition_at_noise(percent))

    def condition_at_noise(self, percent: float) -> Condition:
        """Return the nominal condition with a level of noise."""
        return self.axes["noise"].points[percent]

    def save(self, folder: Path) -> None:
        """Write everything into a folder: tables as Parquet, the short ones as CSV.

        What an earlier evaluation has left there goes.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _ENGINE).unlink(missing_ok=True)  # written last: with it, all is there
        self._clear(folder)
        about = {
            "name": self.name,
            "engine_id": self.engine_id,
            "nominal": list(self.nominal),
            "held_against": self.held_against,
        }
        if self.tables is not None:
            self.tables.save(folder)
        for kind, tables in self.textures.items():
            tables.save(folder / _TEXTURES / kind)
        if self.bends is not None:
            self.bends.save(folder / _BENDS)
        for name, table in ((_FAMILIARITY, self.familiarity), (_PAIRS, self.pairs)):
            if table is not None:
                table.to_csv(folder / name, index=False)
        (folder / _ENGINE).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

    def _clear(self, folder: Path) -> None:
        """Remove what `load` would take for a part of this evaluation, and the summaries."""
        summaries = [f"{axis}.csv" for axis in self.axes]
        for name in (*STUDY_FILES, _FAMILIARITY, _PAIRS, *summaries):
            (folder / name).unlink(missing_ok=True)
        for name in (_TEXTURES, _BENDS):
            if (folder / name).exists():
                shutil.rmtree(folder / name)

    def save_summaries(self, folder: Path) -> None:
        """Write all measures along each axis into a folder, `AXIS.csv`; there must be films."""
        folder.mkdir(parents=True, exist_ok=True)
        for axis in self.axes:
            self.along(axis).to_csv(folder / f"{axis}.csv")

    @classmethod
    def load(cls, folder: Path) -> EngineAccuracy:
        """Read what `save` wrote."""
        about = json.loads((folder / _ENGINE).read_text(encoding="utf-8"))

        def short(name: str) -> pd.DataFrame | None:
            path = folder / name
            return pd.read_csv(path, dtype={"pair": str}) if path.exists() else None

        def study(place: Path) -> StudyTables | None:
            return StudyTables.load(place) if (place / STUDY_FILES[0]).exists() else None

        textures = {
            path.name: StudyTables.load(path) for path in sorted((folder / _TEXTURES).glob("*"))
        }
        return cls(
            about["name"],
            about["engine_id"],
            Setting(*about["nominal"]),
            study(folder),
            short(_FAMILIARITY),
            short(_PAIRS),
            textures,
            study(folder / _BENDS),
            about.get("held_against", {}),
        )


@dataclass(frozen=True)
class EvaluationPlan:
    """What an engine is held against.

    Attributes
    ----------
    bench
        The engine and its films.
    numbers
        Of the films, from `bench.films`; may be none.
    unfamiliar_sets
        Folders of films unlike those that it is made for, by what they are called.
    pairs
        Folder of pairs of image and mask.
    first
        How many of the films everything is measured on; the rest are only looked at along the axis
        of noise. All of them by default.
    """

    bench: Bench
    numbers: tuple[int, ...] = ()
    unfamiliar_sets: Mapping[str, Path] = field(default_factory=dict)
    pairs: Path | None = None
    first: int | None = None
    seed: int = 0

    @cached_property
    def _unfamiliar(self) -> dict[str, tuple[Bench, list[int]]]:
        benches = {
            kind: Bench(self.bench.bundle, (path,), self.bench.rule)
            for kind, path in self.unfamiliar_sets.items()
        }
        count = len(self.numbers[: self.first])
        return {kind: (bench, bench.films(count)) for kind, bench in benches.items()}

    @property
    def held_against(self) -> dict[str, Any]:
        """What everything that is measured depends on, beside the network; as JSON keeps it.

        With the measures, so that what an older version kept is not taken for whole.
        """
        return {
            "measures": list(MEASURES),
            "bands": list(LEFT_IN_THE_MIDDLE),
            "reliability": digests.of_reliability(EngineBundle.load(self.bench.bundle)),
            "films": [digests.of_films(path) for path in self.bench.sets],
            "numbers": list(self.numbers),
            "first": self.first,
            "mask": str(self.bench.rule),
            "unlike": {kind: digests.of_films(path) for kind, path in self.unfamiliar_sets.items()},
            "pairs": None if self.pairs is None else digests.of_pairs(self.pairs),
            "seed": self.seed,
        }

    def kept(self, out: Path) -> EngineAccuracy | None:
        """Return what a folder below `out` holds of this very engine on all this, if one does."""
        folder = out / EngineBundle.load(self.bench.bundle).engine_id
        if not (folder / _ENGINE).exists():
            return None
        accuracy = EngineAccuracy.load(folder)
        return accuracy if accuracy.held_against == self.held_against else None

    @property
    def steps(self) -> int:
        """How often `run` reports."""
        pairs = 0 if self.pairs is None else len(list(pairs_from_folder(self.pairs)))
        films = len(self.numbers) + len(self.numbers[: self.first])  # once more with bends
        return films + sum(len(n) for _, n in self._unfamiliar.values()) + pairs

    def run(self, workers: int = 1, on_step: Callable[[], None] | None = None) -> EngineAccuracy:
        """Measure it all, on so many processes; the pairs in this one."""
        bundle = EngineBundle.load(self.bench.bundle)
        nominal = Setting.of(bundle.condition)
        step = on_step or (lambda: None)
        axes, films = evaluation_axes(nominal), []
        whole = partial(_film, conditions=all_conditions(axes.values()), seed=self.seed)
        noise = partial(_film, conditions=all_conditions([axes["noise"]]), kinds={}, seed=self.seed)
        rest = () if self.first is None else self.numbers[self.first :]
        for work, numbers in ((whole, self.numbers[: self.first]), (noise, rest)):
            for film in over_films(work, self.bench, numbers, workers):
                films.append(film)
                step()
        bends = []
        bent = partial(bent_film, seed=self.seed)
        for tables in over_films(bent, self.bench, self.numbers[: self.first], workers):
            bends.append(tables)
            step()
        familiarity, textures = [scores for _, scores in films], {}
        usual = Condition(nominal, nominal, noise_percent=USUAL_NOISE_PERCENT)
        for kind, (bench, numbers) in self._unfamiliar.items():
            ask = partial(_film, conditions=[usual], kinds={kind: ordinary}, seed=self.seed)
            found = []
            for tables, scores in over_films(ask, bench, numbers, workers):
                found.append(tables)
                familiarity.append(scores)
                step()
            textures[kind] = StudyTables.joined(found)
        pairs = None
        if self.pairs is not None:
            segmenter = Segmenter(Engine.from_bundle(bundle))
            found = pairs_from_folder(self.pairs)
            pairs = score_pairs(segmenter, found, seed=self.seed, on_pair=step)
        return EngineAccuracy(
            bundle.condition.name,
            bundle.engine_id,
            nominal,
            StudyTables.joined(tables for tables, _ in films) if films else None,
            pd.concat(familiarity, ignore_index=True) if familiarity else None,
            pairs,
            textures,
            StudyTables.joined(bends) if bends else None,
            self.held_against,
        )


def _film(
    segmenter: Segmenter,
    source: ExampleSource,
    film: int,
    *,
    conditions: list[Condition],
    kinds: Mapping[str, Kind] = KINDS,
    seed: int,
    number: int,
) -> tuple[StudyTables, pd.DataFrame]:
    return (
        study_film(segmenter, source, film, conditions, seed, number),
        familiarity_of_film(segmenter, source, film, kinds, seed, number),
    )
