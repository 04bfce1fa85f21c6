"""An engine asked about films whose truth is known, under many conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd

from ...inference.segmenter import Segmenter
from ..learning.examples import ExampleSource
from .comparison import compare
from .conditions import Condition
from .truth_table import true_objects

STUDY_FILES = _IMAGES, _OBJECTS = "images.parquet", "skyrmions.parquet"
"""What `StudyTables.save` writes."""


class StudyTables:
    """What a study measured.

    Attributes
    ----------
    images
        One row a film and condition: `film`, the columns of `Condition.columns`, those of
        `Comparison.image`, and the film's true `density_per_um2`.
    skyrmions
        One row a film, condition and object: `film`, `condition` and the columns of
        `Comparison.objects`. A film without any has no row.
    """

    def __init__(self, images: pd.DataFrame, skyrmions: pd.DataFrame) -> None:
        self.images = images
        self.skyrmions = skyrmions

    @classmethod
    def joined(cls, parts: Iterable[StudyTables]) -> StudyTables:
        """Return the tables of several films as one; there must be a film."""
        parts = list(parts)
        return cls(
            pd.concat([part.images for part in parts], ignore_index=True),
            pd.concat([part.skyrmions for part in parts], ignore_index=True),
        )

    @property
    def films(self) -> list[int]:
        """The numbers of the films, in order."""
        return sorted(self.images["film"].unique().tolist())

    def at(self, condition: Condition) -> StudyTables:
        """Return the rows of one condition."""
        images, skyrmions = (
            part.loc[part["condition"] == condition.name] for part in (self.images, self.skyrmions)
        )
        return StudyTables(images, skyrmions)

    def save(self, folder: Path) -> None:
        """Write both tables into a folder, `images.parquet` and `skyrmions.parquet`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.images.to_parquet(folder / _IMAGES)
        self.skyrmions.to_parquet(folder / _OBJECTS)

    @classmethod
    def load(cls, folder: Path) -> StudyTables:
        """Read what `save` wrote."""
        return cls(pd.read_parquet(folder / _IMAGES), pd.read_parquet(folder / _OBJECTS))


def study_film(
    segmenter: Segmenter,
    source: ExampleSource,
    film: int,
    conditions: Sequence[Condition],
    seed: int = 0,
    number: int | None = None,
) -> StudyTables:
    """Ask an engine about one film under each condition; a small periodic film fills an image.

    Parameters
    ----------
    film
        In the source.
    number
        What the film is called in the tables, and in the seed of its noise; `film` if absent.
    """
    number = film if number is None else number
    cell_size_nm = source.grid.cell_size_nm
    voltage_kv = source.optics.microscope.voltage_kv
    images, objects, truth = [], [], None
    # a clean image is made once for all conditions that share it
    for optics, sharing in groupby(sorted(conditions, key=_optics), _optics):
        clean, labels = source.clean(film, *optics, 0, False)
        if truth is None:  # it does not depend on how the film is imaged
            truth = true_objects(labels, cell_size_nm)
        density = len(truth.table) / (clean.size * cell_size_nm**2 * 1e-6)
        for condition in sharing:
            frame = condition.frame(clean, (seed, number))
            found = segmenter.segment(frame, condition.metadata(cell_size_nm, voltage_kv))
            image, rows = compare(found, truth, cell_size_nm)
            images.append(
                {"film": number, **condition.columns, **image, "density_per_um2": density}
            )
            objects.append(rows.assign(film=number, condition=condition.name))
    skyrmions = pd.concat(objects, ignore_index=True)
    names = pd.CategoricalDtype([condition.name for condition in conditions])
    return StudyTables(pd.DataFrame(images), skyrmions.astype({"condition": names}))


def _optics(condition: Condition) -> tuple[float, float]:
    return condition.true.defocus_nm, condition.true.tilt_deg


def study(
    segmenter: Segmenter,
    source: ExampleSource,
    conditions: Sequence[Condition],
    films: Iterable[int] | None = None,
    seed: int = 0,
    on_film: Callable[[], None] | None = None,
) -> StudyTables:
    """Ask an engine about films of a source, all of them by default, one after the other."""
    parts = []
    for film in range(len(source)) if films is None else films:
        parts.append(study_film(segmenter, source, film, conditions, seed))
        if on_film:
            on_film()
    return StudyTables.joined(parts)
