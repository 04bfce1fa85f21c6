"""Figures with their intervals: along an axis of conditions, and by kinds of film and object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from .bootstrap import interval
from .conditions import Axis, Condition
from .film_sums import image_sums, object_sums
from .measures import IMAGE_MEASURES, OBJECT_MEASURES, Measure
from .study import StudyTables

DENSITY_EDGES_PER_UM2 = (0.0, 50.0, 100.0, 150.0, 200.0, np.inf)
BORDER_EDGES_NM = (0.0, 15.0, 30.0, 60.0, 120.0, np.inf)
DIAMETER_EDGES_NM = (0.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, np.inf)


def estimates(sums: pd.DataFrame, measures: Iterable[Measure]) -> dict[str, float]:
    """Return each measure as NAME, and the ends of its 95 % interval as NAME_low, NAME_high.

    `sums` has one row a film and the columns that the measures need.
    """
    row: dict[str, float] = {}
    for measure in measures:
        estimate = interval(sums[list(measure.sums)].to_numpy(float), measure.of_totals)
        names = (measure.name, f"{measure.name}_low", f"{measure.name}_high")
        row.update(zip(names, estimate, strict=True))
    return row


def summarised(tables: StudyTables) -> dict[str, float]:
    """Return all measures of these images and their objects; see `estimates`."""
    films = tables.films
    return {
        **estimates(image_sums(tables.images), IMAGE_MEASURES),
        **estimates(object_sums(tables.skyrmions, films), OBJECT_MEASURES),
        "films": len(films),
        "skyrmions": int(tables.images["n_true"].sum()),
    }


def axis_summary(tables: StudyTables, axis: Axis) -> pd.DataFrame:
    """Return all measures at each value of an axis, one row each, indexed by the axis' name."""
    rows = [summarised(tables.at(condition)) for condition in axis.points.values()]
    return pd.DataFrame(rows, index=pd.Index(list(axis.points), name=axis.name))


def density_summary(
    tables: StudyTables,
    condition: Condition,
    edges_per_um2: Sequence[float] = DENSITY_EDGES_PER_UM2,
) -> pd.DataFrame:
    """Return all measures of films by their true density, in bins that hold their upper edge.

    Films without any skyrmion are a bin of their own.
    """
    tables = tables.at(condition)
    density = tables.images["density_per_um2"].to_numpy()
    bins = np.searchsorted(edges_per_um2, density, "left")
    names = ["0", *_bin_names(edges_per_um2)]
    rows = {}
    for number in np.unique(bins):
        images = tables.images.loc[bins == number]
        objects = tables.skyrmions.loc[tables.skyrmions["film"].isin(images["film"])]
        rows[names[number]] = summarised(StudyTables(images, objects))
    return _indexed(rows, "skyrmions per um2")


def border_summary(
    tables: StudyTables, condition: Condition, edges_nm: Sequence[float] = BORDER_EDGES_NM
) -> pd.DataFrame:
    """Return the objects' measures by the distance of their centre to the border."""
    tables = tables.at(condition)
    distance_nm = tables.skyrmions["distance_to_border_nm"]
    return _binned(tables, distance_nm, edges_nm, "distance to the border (nm)")


def diameter_summary(
    tables: StudyTables, condition: Condition, edges_nm: Sequence[float] = DIAMETER_EDGES_NM
) -> pd.DataFrame:
    """Return the objects' measures by their true diameter; what is not there goes by its own.

    Skyrmions that the border cuts, and stripes, are left out.
    """
    tables = tables.at(condition)
    objects = tables.skyrmions
    whole = ~(objects["touches_border"] | objects["is_stripe_true"] | objects["is_stripe_found"])
    tables = StudyTables(tables.images, objects.loc[whole])
    objects = tables.skyrmions
    diameter_nm = objects["true_diameter_nm"].where(objects["is_true"], objects["diameter_nm"])
    return _binned(tables, diameter_nm, edges_nm, "true diameter (nm)")


def _binned(
    tables: StudyTables, values: pd.Series, edges: Sequence[float], title: str
) -> pd.DataFrame:
    bins = np.searchsorted(edges, values.to_numpy(), "right") - 1
    names = _bin_names(edges)
    rows = {}
    for number, name in enumerate(names):
        objects = tables.skyrmions.loc[bins == number]
        if len(objects):
            sums = object_sums(objects, tables.films)
            counts = {"skyrmions": int(objects["is_true"].sum())}
            rows[name] = estimates(sums, OBJECT_MEASURES) | counts
    return _indexed(rows, title)


def _indexed(rows: dict[str, dict[str, float]], title: str) -> pd.DataFrame:
    return pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), name=title))


def _bin_names(edges: Sequence[float]) -> list[str]:
    return [
        f"over {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
        for low, high in pairwise(edges)
    ]
