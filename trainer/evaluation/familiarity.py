"""Whether an engine tells the frames it was made for from those it was not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ...inference.segmenter import Segmenter
from ..learning.examples import ExampleSource
from .conditions import USUAL_NOISE_PERCENT, Condition, Setting
from .unfamiliar_frames import KINDS, FilmViews, Kind

ORDINARY = "ordinary"


def familiarity_of_film(
    segmenter: Segmenter,
    source: ExampleSource,
    film: int,
    kinds: Mapping[str, Kind] = KINDS,
    seed: int = 0,
    number: int | None = None,
) -> pd.DataFrame:
    """Return how unfamiliar frames of each kind look to an engine.

    For films of another set, `{"stripes": ordinary}` takes their ordinary frames as a kind.

    Returns
    -------
    One row a kind: `kind`, `film` (its `number`), `unfamiliarity`. None from an engine that cannot
    tell.
    """
    if segmenter.engine.reliability.familiarity is None:
        kinds = {}
    number = film if number is None else number
    nominal = Setting.of(segmenter.engine.condition)
    told = Condition(nominal, nominal, noise_percent=USUAL_NOISE_PERCENT).metadata(
        source.grid.cell_size_nm, source.optics.microscope.voltage_kv
    )
    views = FilmViews(source, film, nominal)
    rows = []
    for place, (name, kind) in enumerate(kinds.items()):
        frame = kind(views, np.random.default_rng([seed, number, place]))
        found = segmenter.segment(np.asarray(frame, np.float32), told).unfamiliarity
        rows.append((name, number, found))
    columns = {"kind": str, "film": int, "unfamiliarity": float}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def area_under_roc(ordinary: np.ndarray, other: np.ndarray) -> float:
    """Return the probability that one of `other` scores above one of `ordinary`.

    The Mann-Whitney statistic, ties counting one half; NaN if either is empty.
    """
    n, m = len(ordinary), len(other)
    ranks = rankdata(np.concatenate([ordinary, other]))[n:]
    return float((ranks.sum() - m * (m + 1) / 2) / (n * m)) if n and m else float("nan")


def familiarity_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Return, for each kind of `familiarity_of_film`, how well it is told from the ordinary one.

    Returns
    -------
    One row a kind, indexed by `kind` in their order: `frames`, `median` of the unfamiliarity,
    `warned` (share above 1, where the engine warns), `auc` against the ordinary frames.
    """
    ordinary = scores.loc[scores["kind"] == ORDINARY, "unfamiliarity"].to_numpy()
    rows = {}
    for kind, group in scores.groupby("kind", sort=False):
        values = group["unfamiliarity"].to_numpy()
        rows[kind] = {
            "frames": len(values),
            "median": float(np.median(values)),
            "warned": float(np.mean(values > 1)),
            "auc": area_under_roc(ordinary, values) if kind != ORDINARY else float("nan"),
        }
    table = pd.DataFrame(list(rows.values()), columns=["frames", "median", "warned", "auc"])
    return table.set_index(pd.Index(list(rows), name="kind"))
