"""What an engine makes of skyrmions in a bent film, which shows dark bands: see `bend_contour`."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ...inference.segmenter import Segmenter
from ..learning.bending import band
from ..learning.examples import ExampleSource
from .comparison import compare
from .conditions import Condition, Setting
from .study import StudyTables
from .summary import summarised
from .truth_table import true_objects

HALF_WIDTH_NM, WAVINESS_NM = 100.0, 30.0
"""From the middle of a band to where s xi = 1; of its course."""

LEFT_IN_THE_MIDDLE = (0.99, 0.97, 0.9, 0.5)
"""Shares of the beam: cos^2(pi t / xi) of a film as thick as a thirtieth to a quarter of xi."""

ELECTRONS_PER_PIXEL = 1000.0
"""Noise of the published kind would grow with the band, as it is measured by an image's range."""


def bent_film(
    segmenter: Segmenter, source: ExampleSource, film: int, *, seed: int, number: int
) -> StudyTables:
    """Ask an engine about one film with bands across it, one after the other; nominal setting.

    Returns
    -------
    Columns as of `study_film`, in place of the condition's `left_in_the_middle`; of the images also
    `contrast`, the standard deviation that the band adds to the clean image over what it has
    without.
    """
    nominal = Setting.of(segmenter.engine.condition)
    condition = Condition(nominal, nominal, electrons_per_pixel=ELECTRONS_PER_PIXEL)
    cell_size_nm = source.grid.cell_size_nm
    told = condition.metadata(cell_size_nm, source.optics.microscope.voltage_kv)
    flat, labels = source.clean(film, *nominal[:2], 0, False)
    truth = true_objects(labels, cell_size_nm)
    images, objects = [], []
    for left in LEFT_IN_THE_MIDDLE:
        bent = band(source.grid, left, HALF_WIDTH_NM, WAVINESS_NM, number)
        clean, _ = source.clean(film, *nominal[:2], 0, False, bend=bent)
        found = segmenter.segment(condition.frame(clean, (seed, number)), told)
        image, rows = compare(found, truth, cell_size_nm)
        contrast = math.sqrt(max(0.0, float(clean.var() / flat.var()) - 1))
        of_band = {"film": number, "left_in_the_middle": left}
        images.append({**of_band, **image, "contrast": contrast})
        objects.append(rows.assign(**of_band))
    return StudyTables(pd.DataFrame(images), pd.concat(objects, ignore_index=True))


def bend_summary(tables: StudyTables) -> pd.DataFrame:
    """Return all measures by how much of the beam is left in the middle of the band."""
    rows = {}
    for left in LEFT_IN_THE_MIDDLE:
        parts = (
            part.loc[part["left_in_the_middle"] == left]
            for part in (tables.images, tables.skyrmions)
        )
        rows[left] = summarised(StudyTables(*parts))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("left in the middle")


def contrasts(tables: StudyTables) -> list[float]:
    """Return the bands' median contrast, over that of the film, in the order of that summary."""
    of_all = tables.images[["left_in_the_middle", "contrast"]].to_numpy(float)
    return [float(np.median(of_all[of_all[:, 0] == left, 1])) for left in LEFT_IN_THE_MIDDLE]
