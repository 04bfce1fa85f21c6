"""Write docs/accuracy.md: what was measured of some engines, in tables and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from ...stream.errors import UserError
from . import report_template as words
from .bends import bend_summary, contrasts
from .engine_accuracy import EngineAccuracy
from .familiarity import familiarity_summary
from .markdown import comparison_table, summary_table, table
from .measures import MEASURES, PIXEL_MEASURES
from .pairs import summarise_pairs
from .plots import plot_bins, plot_measures, plot_scores, plot_training
from .report_summaries import (
    Engines,
    all_noise,
    along,
    at_noise,
    axis_title,
    both_ways,
    labels,
)
from .size_plots import plot_coverage, plot_diameter_histogram, plot_found_over_true
from .summary import border_summary, density_summary, diameter_summary
from .textures import texture_table
from .trust_plots import plot_reliability, plot_unfamiliarity

PICTURES = Path("pictures") / "accuracy"
_SCORES = tuple(measure.name for measure in PIXEL_MEASURES)
_DETECTION = ("ap50", "pq", "recall", "count_bias_percent", "invented_percent", "centre_error_nm")
_ERRORS = ("diameter_bias_percent", "diameter_spread_percent", "coverage")
_OF_FRAMES = ("frame_spread_percent", "frame_coverage")
_SIZES = (*_ERRORS, *_OF_FRAMES, "calibration_error")
_HISTOGRAM_NOISE = (0.0, 50.0, 100.0)
_DENSITY_NOISE = 10.0


def write_report(
    path: Path,
    engines: Sequence[EngineAccuracy],
    commands: Sequence[str] = (),
    history: Path | None = None,
) -> None:
    """Write the page, and its pictures into `pictures/accuracy` beside it.

    Parameters
    ----------
    engines
        At least one that was held against films.
    commands
        That make this page anew.
    history
        `history.jsonl` of a training run, for its curve.

    Raises
    ------
    UserError
        No engine was held against films.
    """
    named = {label: engine for label, engine in labels(engines) if engine.tables is not None}
    if not named:
        raise UserError("A report needs films that an engine was held against.")
    page = _Page(path.parent)
    sections = [_overview(named, commands), _noise(page, named)]
    sections += [_setting(page, named, *what) for what in _SETTINGS]
    sections += [
        _blur(page, named),
        _told_wrong(named),
        _detection(page, named),
        _places(page, named),
    ]
    sections += [_sizes(page, named), _textures(named), _bends(named), _trust(page, named)]
    sections.append(_familiarity(page, named))
    sections += [_pairs(dict(labels(engines))), _training(page, history)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(filter(None, sections)), encoding="utf-8")


class _Page:
    """Where pictures go, and how the page names them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def picture(self, name: str, draw: Callable[[Path], None]) -> str:
        relative = PICTURES / f"{name}.png"
        draw(self._folder / relative)
        return relative.as_posix()


def _tables(summaries: Mapping[str, pd.DataFrame], measures: Sequence[str], title: str = "") -> str:
    parts = [
        f"**{label}**\n\n{summary_table(s, measures, title)}" for label, s in summaries.items()
    ]
    return "\n\n".join(parts)


def _overview(engines: Engines, commands: Sequence[str]) -> str:
    engine = next(iter(engines.values()))
    first = engine.along("noise").iloc[0]
    fewest = int(engine.along("dose")["films"].min())
    return words.OVERVIEW.format(
        films=int(first["films"]),
        skyrmions=int(first["skyrmions"]),
        commands="\n".join(commands),
        fewer=words.FEWER.format(films=fewest) if fewest < first["films"] else "",
    )


def _noise(page: _Page, engines: Engines) -> str:
    summaries, title = along(engines, "noise"), axis_title(engines, "noise")
    return words.NOISE.format(
        picture=page.picture("scores-noise", lambda to: plot_scores(summaries, title, to)),
        tables=_tables(summaries, _SCORES, "noise (%)"),
    )


_SETTINGS = (("defocus", words.DEFOCUS, "defocus (mm)"), ("tilt", words.TILT, "tilt (degrees)"))


def _setting(page: _Page, engines: Engines, axis: str, template: str, title: str) -> str:
    summaries = both_ways(engines, axis)
    return template.format(
        picture=page.picture(f"scores-{axis}", lambda to: plot_scores(summaries, title, to)),
        table=comparison_table(summaries, MEASURES["jaccard"], title),
    )


def _blur(page: _Page, engines: Engines) -> str:
    summaries, title = both_ways(engines, "blur", "not told"), axis_title(engines, "blur")
    return words.BLUR.format(
        picture=page.picture("scores-blur", lambda to: plot_scores(summaries, title, to)),
        table=comparison_table(summaries, MEASURES["jaccard"], title),
        tables=_tables(summaries, _ERRORS, title),
    )


def _told_wrong(engines: Engines) -> str:
    measures = ("jaccard", "ap50", *_ERRORS, *_OF_FRAMES)
    summaries = along(engines, "told-defocus")
    return words.TOLD_WRONG.format(tables=_tables(summaries, measures, "error told (%)"))


def _detection(page: _Page, engines: Engines) -> str:
    fields = {}
    for axis, title in (("noise", "noise (%)"), ("dose", "electrons per pixel")):
        summaries, whole_title = along(engines, axis), axis_title(engines, axis)
        fields[f"{axis}_tables"] = _tables(summaries, _DETECTION, title)
        fields[f"{axis}_picture"] = page.picture(
            f"detection-{axis}",
            lambda to, s=summaries, t=whole_title, log=axis == "dose": plot_measures(
                s, ("ap50", "pq"), t, to, log
            ),
        )
    return words.DETECTION.format(**fields)


def _places(page: _Page, engines: Engines) -> str:
    measures = ("ap50", "recall", "centre_error_nm", "diameter_bias_percent")
    fields = {}
    for name, summary in (("border", border_summary), ("density", density_summary)):
        summaries = {
            label: summary(engine.tables, engine.condition_at_noise(_DENSITY_NOISE))
            for label, engine in engines.items()
            if engine.tables is not None
        }
        fields[f"{name}_tables"] = _tables(summaries, measures)
        fields[f"{name}_picture"] = page.picture(
            f"by-{name}", lambda to, s=summaries: plot_bins(s, ("ap50", "recall"), to)
        )
    return words.PLACES.format(**fields)


def _sizes(page: _Page, engines: Engines) -> str:
    histograms = []
    for label, engine in engines.items():
        found = {f"found at {p:g} % noise": engine.at_noise(p) for p in _HISTOGRAM_NOISE}
        picture = page.picture(
            f"diameters-{label}", lambda to, f=found: plot_diameter_histogram(f, to)
        )
        histograms.append(f"![diameters, true and found by {label}]({picture})")
    summaries, title = along(engines, "noise"), axis_title(engines, "noise")
    by_diameter = {
        label: diameter_summary(engine.tables, engine.condition_at_noise(_DENSITY_NOISE))
        for label, engine in engines.items()
        if engine.tables is not None
    }
    errors = ("diameter_bias_percent", "diameter_spread_percent")
    ordinary = at_noise(engines, _DENSITY_NOISE)
    return words.SIZES.format(
        histograms="\n\n".join(histograms),
        noise_picture=page.picture(
            "size-noise", lambda to: plot_measures(summaries, errors, title, to)
        ),
        noise_tables=_tables(summaries, _SIZES, "noise (%)"),
        dose_tables=_tables(along(engines, "dose"), _SIZES, "electrons per pixel"),
        density_picture=page.picture(
            "found-over-true", lambda to: plot_found_over_true(ordinary, to)
        ),
        bins_picture=page.picture("by-diameter", lambda to: plot_bins(by_diameter, errors, to)),
        bins_tables=_tables(by_diameter, ("recall", *errors, "coverage")),
    )


def _textures(engines: Engines) -> str:
    """Return the table of films unlike those that the engines are made for."""
    header = [
        "films of",
        "films",
        "skyrmions",
        "stripes",
        "skyrmions found",
        "of these called stripes",
        "stripes found",
        "of these called skyrmions",
        "invented",
    ]
    parts = []
    for label, engine in engines.items():
        if not engine.textures:
            continue
        rows = [
            [str(kind), *(f"{n:g}" for n in row[:3]), *(_or_dash(share) for share in row[3:])]
            for kind, *row in texture_table(engine.textures).itertuples()
        ]
        parts += [f"**{label}**", table(header, rows)]
    return words.TEXTURES.format(tables="\n\n".join(parts)) if parts else ""


def _bends(engines: Engines) -> str:
    bent = {label: e.bends for label, e in engines.items() if e.bends is not None}
    if not bent:
        return ""
    measures = ("warned", "recall", "ap50", "invented_percent", "centre_error_nm", *_ERRORS)
    first = next(iter(bent.values()))
    return words.BENDS.format(
        films=len(first.films),
        contrasts=", ".join(f"{contrast:.2g}" for contrast in contrasts(first)),
        tables=_tables({label: bend_summary(tables) for label, tables in bent.items()}, measures),
    )


def _trust(page: _Page, engines: Engines) -> str:
    together = {label: all_noise(engine) for label, engine in engines.items()}
    return words.TRUST.format(
        reliability_picture=page.picture("reliability", lambda to: plot_reliability(together, to)),
        coverage_picture=page.picture("coverage", lambda to: plot_coverage(together, to)),
    )


def _familiarity(page: _Page, engines: Engines) -> str:
    parts = []
    for label, engine in engines.items():
        scores = engine.familiarity
        if scores is None or not engine.can_tell_unfamiliar:
            continue
        picture = page.picture(
            f"unfamiliarity-{label}", lambda to, s=scores: plot_unfamiliarity(s, to)
        )
        rows = [
            [str(kind), f"{median:.2f}", f"{warned:.1%}", _or_dash(auc)]
            for kind, _, median, warned, auc in familiarity_summary(scores).itertuples()
        ]
        header = ["frames", "median unfamiliarity", "warned", "AUC"]
        parts += [f"**{label}**", f"![unfamiliarity by kind]({picture})", table(header, rows)]
    return words.FAMILIARITY.format(parts="\n\n".join(parts)) if parts else ""


def _or_dash(value: float) -> str:
    return f"{value:.3f}" if value == value else "-"


def _pairs(engines: Engines) -> str:
    found = {label: e.pairs for label, e in engines.items() if e.pairs is not None}
    if not found:
        return ""
    summaries = {label: summarise_pairs(pairs) for label, pairs in found.items()}
    count = next(iter(found.values()))["pair"].nunique()
    return words.PAIRS.format(pairs=count, tables=_tables(summaries, _SCORES, "noise (%)"))


def _training(page: _Page, history: Path | None) -> str:
    if history is None:
        return ""
    picture = page.picture("training", lambda to: plot_training(history, to))
    return words.TRAINING.format(picture=picture)
