"""Pictures of found diameters beside true ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm

from .calibration_curves import coverage_curve
from .drawing import COLOURS, GREY, MARKERS, picture
from .film_sums import are_sized
from .study import StudyTables

BIN_NM = 1.0


def plot_diameter_histogram(found: Mapping[str, StudyTables], path: Path) -> None:
    """Draw how often each diameter is there, and found, as figure 2(j) of the paper.

    Parameters
    ----------
    found
        Of one engine, at one condition each, such as several levels of noise, by their name. The
        true diameters are those of the first. Stripes and what the border cuts are left out.
    """
    whole = {label: _whole(tables.skyrmions) for label, tables in found.items()}
    true_nm = next(iter(whole.values()))["true_diameter_nm"].dropna()
    found_nm = {label: objects["diameter_nm"].dropna() for label, objects in whole.items()}
    together = np.concatenate([true_nm, *found_nm.values()])
    low, high = (together.min(), np.quantile(together, 0.999)) if len(together) else (0.0, 1.0)
    edges = np.arange(np.floor(low), high + 2 * BIN_NM, BIN_NM)
    with picture(path, width_in=6.5) as panels:
        panel = panels[0, 0]
        panel.hist(true_nm, edges, color=GREY, alpha=0.45, label="true")
        for number, (label, values) in enumerate(found_nm.items()):
            colour = COLOURS[number % len(COLOURS)]
            panel.hist(values, edges, histtype="step", color=colour, linewidth=1.4, label=label)
        panel.set(xlabel="diameter at Mz = 0 (nm)", ylabel=f"skyrmions per {BIN_NM:g} nm")
        panel.legend()


def plot_found_over_true(found: Mapping[str, StudyTables], path: Path) -> None:
    """Draw found against true diameters as a density, a panel for each set of tables."""
    with picture(path, columns=len(found), width_in=3.9, height_in=3.6) as panels:
        for panel, (label, tables) in zip(panels[0], found.items(), strict=True):
            objects = tables.skyrmions.loc[are_sized(tables.skyrmions)]
            true_nm, found_nm = objects["true_diameter_nm"], objects["diameter_nm"]
            both = np.concatenate([true_nm, found_nm])
            low, high = np.quantile(both, [0.001, 0.999]) if len(both) else (0.0, 1.0)
            edges = np.linspace(0.95 * low, 1.05 * high, 61)
            if len(both):
                counts = panel.hist2d(
                    true_nm, found_nm, [edges, edges], cmap="viridis", norm=LogNorm()
                )[3]
                panel.figure.colorbar(counts, ax=panel, label="skyrmions", shrink=0.75)
            panel.plot(edges[[0, -1]], edges[[0, -1]], color="black", linewidth=0.8, linestyle="--")
            panel.set(
                xlabel="true diameter (nm)",
                ylabel="found diameter (nm)",
                title=label,
                aspect="equal",
            )


def plot_coverage(found: Mapping[str, StudyTables], path: Path) -> None:
    """Draw how many true diameters lie in intervals of a level, against that level."""
    with picture(path, width_in=4.2, height_in=3.8) as panels:
        panel = panels[0, 0]
        panel.plot([0, 100], [0, 100], color="black", linewidth=0.8, linestyle="--")
        for number, (label, tables) in enumerate(found.items()):
            objects = tables.skyrmions.loc[are_sized(tables.skyrmions)]
            columns = ("true_diameter_nm", "diameter_low_nm", "diameter_high_nm")
            curve = 100 * coverage_curve(*(objects[name].to_numpy() for name in columns))
            if curve["covered"].notna().any():
                style = {
                    "color": COLOURS[number % len(COLOURS)],
                    "marker": MARKERS[number % len(MARKERS)],
                }
                panel.plot(curve["level"], curve["covered"], label=label, **style)
        panel.set(
            xlabel="level of the diameter's interval (%)",
            ylabel="true diameters inside (%)",
            aspect="equal",
        )
        if len(panel.lines) > 1:
            panel.legend()


def _whole(objects: pd.DataFrame) -> pd.DataFrame:
    left_out = objects["touches_border"] | objects["is_stripe_true"] | objects["is_stripe_found"]
    return objects.loc[~left_out]
