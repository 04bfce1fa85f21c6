"""The summaries that a page about some engines is made of, engine by engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from .engine_accuracy import EngineAccuracy
from .study import StudyTables

Engines = Mapping[str, EngineAccuracy]


def labels(engines: Sequence[EngineAccuracy]) -> list[tuple[str, EngineAccuracy]]:
    """Return each engine under its name, or its identity where two have the same."""
    names = Counter(engine.name for engine in engines)
    return [(e.name if names[e.name] == 1 else e.engine_id, e) for e in engines]


def along(engines: Engines, axis: str) -> dict[str, pd.DataFrame]:
    """Return the summaries along an axis."""
    return {label: engine.along(axis) for label, engine in engines.items()}


def both_ways(
    engines: Engines, axis: str, otherwise: str = "told the nominal"
) -> dict[str, pd.DataFrame]:
    """Return the summaries along an axis, told and not told; one where an engine does not mind."""
    summaries = {}
    for label, engine in engines.items():
        told, not_told = engine.along(axis), engine.along(f"{axis}-not-told")
        if told.equals(not_told.rename_axis(told.index.name)):
            summaries[label] = told
        else:
            summaries[f"{label}, told the truth"] = told
            summaries[f"{label}, {otherwise}"] = not_told
    return summaries


def axis_title(engines: Engines, axis: str) -> str:
    """Return what an axis is called in a plot."""
    return next(iter(engines.values())).axes[axis].title


def at_noise(engines: Engines, percent: float) -> dict[str, StudyTables]:
    """Return what was measured at one strength of the published noise."""
    return {label: engine.at_noise(percent) for label, engine in engines.items()}


def all_noise(engine: EngineAccuracy) -> StudyTables:
    """Return what was measured of one engine at all strengths of it."""
    conditions = engine.axes["noise"].points
    return StudyTables.joined(engine.at_noise(percent) for percent in conditions)
