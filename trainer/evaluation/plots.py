"""Measures along an axis of conditions, or over kinds of object; and the training curve."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import NullFormatter

from .calibration_curves import INTERVAL_LEVEL
from .drawing import BLUE, COLOURS, GREY, MARKERS, ORANGE, draw_measure, measure_title, picture
from .pixel_scores import PIXEL_SCORES

_GUIDES = {"diameter_bias_percent": 0.0, "count_bias_percent": 0.0, "coverage": INTERVAL_LEVEL}
"""Where a perfect engine lies, for measures without an end of their scale there."""


def plot_measures(
    summaries: Mapping[str, pd.DataFrame],
    measures: Sequence[str],
    axis_title: str,
    path: Path,
    log_scale: bool = False,
) -> None:
    """Draw measures against the values of an axis, a panel each, one line a summary.

    Parameters
    ----------
    summaries
        From `axis_summary`, or for the scores `summarise_pairs`, by the name of their line.
    """
    with picture(path, columns=len(measures)) as panels:
        for panel, measure in zip(panels[0], measures, strict=True):
            for series, (label, summary) in enumerate(summaries.items()):
                draw_measure(panel, summary, measure, label, series)
            if measure in _GUIDES:
                panel.axhline(_GUIDES[measure], color="black", linewidth=0.8, linestyle="--")
            panel.set(xlabel=axis_title, ylabel=measure_title(measure))
            if log_scale:
                panel.set_xscale("log")
                values = next(iter(summaries.values())).index
                panel.set_xticks(list(values), [f"{value:g}" for value in values])
                panel.xaxis.set_minor_formatter(NullFormatter())
        panels[0, 0].legend()


def plot_scores(summaries: Mapping[str, pd.DataFrame], axis_title: str, path: Path) -> None:
    """Draw the paper's three scores, as its figures 3(f), (i) and (l), on one scale."""
    lowest = min(float(s[f"{name}_low"].min()) for s in summaries.values() for name in PIXEL_SCORES)
    bottom = np.floor(10 * min(lowest, 0.9)) / 10
    with picture(path, columns=len(PIXEL_SCORES), width_in=3.6) as panels:
        for panel, score in zip(panels[0], PIXEL_SCORES, strict=True):
            for series, (label, summary) in enumerate(summaries.items()):
                draw_measure(panel, summary, score, label, series)
            panel.set(xlabel=axis_title, ylabel=measure_title(score), ylim=(bottom, 1.0))
        # above, since the curves leave no corner free
        named = panels[0, 0].get_legend_handles_labels()
        panels[0, 0].figure.legend(*named, loc="outside upper center", ncols=2)


def plot_bins(summaries: Mapping[str, pd.DataFrame], measures: Sequence[str], path: Path) -> None:
    """Draw measures over bins, from `density_summary` and its like, with their intervals."""
    first = next(iter(summaries.values()))
    names = list(dict.fromkeys(name for s in summaries.values() for name in s.index))
    with picture(path, columns=len(measures)) as panels:
        for panel, measure in zip(panels[0], measures, strict=True):
            for series, (label, summary) in enumerate(summaries.items()):
                aligned = summary.reindex(names)
                value, low, high = (
                    aligned[f"{measure}{end}"].to_numpy(float) for end in ("", "_low", "_high")
                )
                aside = 0.12 * (series - (len(summaries) - 1) / 2)
                panel.errorbar(
                    np.arange(len(names)) + aside,
                    value,
                    np.clip([value - low, high - value], 0, None),
                    color=COLOURS[series % len(COLOURS)],
                    marker=MARKERS[series % len(MARKERS)],
                    linestyle="none",
                    capsize=2,
                    label=label,
                )
            if measure in _GUIDES:
                panel.axhline(_GUIDES[measure], color="black", linewidth=0.8, linestyle="--")
            panel.set_xticks(np.arange(len(names)), names, rotation=30, ha="right")
            panel.set(xlabel=str(first.index.name), ylabel=measure_title(measure))
        panels[0, 0].legend()


def plot_training(history: Path, path: Path) -> None:
    """Draw the losses and validation scores of a training run, as figure 2(i) of the paper.

    `history` is the run's `history.jsonl`.
    """
    lines = history.read_text(encoding="utf-8").splitlines()
    run = pd.DataFrame([json.loads(line) for line in lines if line]).sort_values("step")
    with picture(path, columns=2) as panels:
        losses, scores = panels[0]
        losses.plot(run["step"], run["loss"], color=GREY, linewidth=0.9, label="last batch")
        losses.plot(run["step"], run["validation_loss"], color=BLUE, marker="o", label="validation")
        losses.set(xlabel="gradient step", ylabel="loss")
        for name, title, colour in (
            ("mask_jaccard", "mask", BLUE),
            ("core_jaccard", "core", ORANGE),
        ):
            scores.plot(run["step"], run[name], color=colour, marker="o", label=title)
        scores.set(xlabel="gradient step", ylabel="Jaccard index, validation")
        for panel in panels[0]:
            panel.legend()
