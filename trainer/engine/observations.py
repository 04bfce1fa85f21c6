"""What an engine finds in frames whose truth is known, to fit its reliability to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...inference.engine import Engine
from ...inference.reliability import Reliability, confidence_terms
from ...inference.segmenter import Segmentation, Segmenter
from ..evaluation.matching import matches, overlaps
from ..evaluation.truth_table import TrueObjects, true_objects
from ..learning.examples import ExampleSource
from .example_metadata import example_metadata

_TERMS = ("core_mean", "log_sigma", "log_size", "touches_border")


@dataclass(frozen=True)
class Observations:
    """What an engine found in frames, and what was there.

    Attributes
    ----------
    found
        One row a skyrmion: `frame` (its number), `core_mean`, `log_sigma` and `drawn_nm` of the map
        of sizes, `log_size`, `diameter_nm` by the core's area, `touches_border`, `right`, and of
        what is right the `true_diameter_nm` and whether the border `cut` it.
    told
        Of each frame, shape (frames, TOLD).
    true_mean_nm
        Mean diameter of the whole skyrmions that are in each frame, (frames,); NaN without any.
    n_true
        Skyrmions that are in all frames.
    """

    found: pd.DataFrame
    told: np.ndarray
    true_mean_nm: np.ndarray
    n_true: int

    @property
    def terms(self) -> np.ndarray:
        """What the confidence of each is judged by, see `confidence_terms`."""
        return confidence_terms(*(self.found[name].to_numpy() for name in _TERMS))

    @property
    def right(self) -> np.ndarray:
        """Which of them are right, bool (n,)."""
        return self.found["right"].to_numpy()

    @property
    def sized(self) -> pd.DataFrame:
        """Those whose true size is known: right, and whole."""
        return self.found.query("true_diameter_nm.notna() and not touches_border and not cut")

    def only(self, kept: np.ndarray) -> Observations:
        """Return them as if nothing else had been found than what `kept`, bool (n,), takes."""
        return replace(self, found=self.found.loc[kept])


def observe(engine: Engine, source: ExampleSource, frames: int, seed: int) -> Observations:
    """Return what an engine, without a reliability, finds in so many examples."""
    rng = np.random.default_rng(seed)
    segmenter = Segmenter(replace(engine, reliability=Reliability()))
    objects, told, true_means, n_true = [], [], [], 0
    for number in range(frames):
        example = source.draw(rng)
        found = segmenter.segment(example.image[0], example_metadata(example, source))
        truth = true_objects(example.labels, source.grid.cell_size_nm)
        objects.append(_objects(found, truth).assign(frame=number))
        told.append(example.told)
        true_means.append(truth.mean_diameter_nm)
        n_true += len(truth.table)
    table = pd.concat(objects, ignore_index=True).query("diameter_nm.notna()")  # no stripes
    return Observations(table, np.stack(told), np.array(true_means), n_true)


def _objects(found: Segmentation, truth: TrueObjects) -> pd.DataFrame:
    """Return one row an object found, with the diameter of its match, NaN without one."""
    table = found.table.set_index("label")
    match = matches(overlaps(found.labels, truth.labels)).set_index("found")["true"]
    true = truth.table.set_index("label")
    diameter_nm, pixel_nm = table["diameter_nm"], found.geometry.engine_pixel_nm
    drawn_px = log_sigma = np.full(len(table), np.nan)
    if found.sizes is not None:  # frames of films are in the engine's geometry
        drawn_px, log_sigma = found.sizes.at(table[["x", "y"]].to_numpy())
    return pd.DataFrame(
        {
            "core_mean": table["confidence"],  # it is that, without a reliability
            "log_sigma": log_sigma,
            "log_size": np.log(diameter_nm / pixel_nm),
            "diameter_nm": diameter_nm,
            "drawn_nm": drawn_px * pixel_nm,
            "touches_border": table["touches_border"],
            "right": table.index.isin(match.index),
            "true_diameter_nm": match.map(true["diameter_nm"]).reindex(table.index),
            "cut": match.map(true["touches_border"]).reindex(table.index).eq(True),
        }
    )
