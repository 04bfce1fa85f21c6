"""Pictures of how well an engine knows what it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from .calibration_curves import reliability
from .drawing import BLUE, GREY, ORANGE, picture
from .familiarity import ORDINARY, familiarity_summary
from .film_sums import confidence_in_skyrmions
from .study import StudyTables


def plot_reliability(found: Mapping[str, StudyTables], path: Path) -> None:
    """Draw the share of true objects against their confidence, a panel for each set of tables.

    Bars show how the objects share out among the bins.
    """
    with picture(path, columns=len(found), width_in=3.6, height_in=3.6) as panels:
        for panel, (label, tables) in zip(panels[0], found.items(), strict=True):
            objects = tables.skyrmions
            confidence = confidence_in_skyrmions(objects)
            diagram = reliability(confidence.to_numpy(), objects["matched"].to_numpy())
            share = diagram["count"] / max(1, diagram["count"].sum())
            panel.bar(diagram["low"], share, 0.1, align="edge", color=GREY, alpha=0.35)
            panel.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle="--")
            panel.plot(diagram["confidence"], diagram["matched"], color=BLUE, marker="o")
            error = diagram.attrs["calibration_error"]
            panel.set(
                xlabel="confidence",
                ylabel="share matched (line), of objects (bars)",
                title=f"{label}: ECE {error:.3f}",
                xlim=(0, 1),
                ylim=(0, 1.02),
            )


def plot_unfamiliarity(scores: pd.DataFrame, path: Path) -> None:
    """Draw a histogram of the unfamiliarity of each kind of frame, from `familiarity_of_film`.

    To the right of each stands the area under the ROC curve against ordinary frames. There must be
    some.
    """
    summary = familiarity_summary(scores)
    values = scores["unfamiliarity"].clip(lower=1e-3)
    edges = np.geomspace(min(0.3, values.min()), max(3.0, 1.05 * values.max()), 60)
    with picture(path, width_in=7.0, height_in=0.8 + 0.35 * len(summary)) as panels:
        panel = panels[0, 0]
        for number, (kind, row) in enumerate(summary.iterrows()):
            counts, _ = np.histogram(values[scores["kind"] == kind], edges)
            colour = BLUE if kind == ORDINARY else ORANGE
            # one above the other, each as high as its row
            panel.stairs(
                0.85 * counts / counts.max() - number,
                edges,
                baseline=-number,
                fill=True,
                color=colour,
            )
            note = "AUC" if kind == ORDINARY else f"{row['auc']:.3f}"
            panel.text(1.01, 0.3 - number, note, transform=panel.get_yaxis_transform())
        panel.axvline(1.0, color="black", linewidth=0.8, linestyle="--")
        panel.set(xscale="log", xlim=edges[[0, -1]], ylim=(0.9 - len(summary), 1.0))
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.set_yticks(0.3 - np.arange(len(summary)), summary.index)
        panel.tick_params(axis="y", length=0)
        panel.grid(axis="y", visible=False)
        panel.set_xlabel("unfamiliarity (above 1 a warning is given)")
