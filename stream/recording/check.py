"""Looks a recording through for damage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ..errors import UserError
from ..result import ResultSummary
from .layout import LABELS, SKYRMIONS
from .reader import Recording


def check(path: Path | str) -> list[str]:
    """Read everything in a recording and return what is wrong with it, one sentence each.

    A recording that was cut short is sound as long as its acknowledged frames and results read
    back; see `Recording.closed`.

    Raises
    ------
    UserError
        If `path` is not a recording at all.
    """
    recording = Recording(path)
    return [
        *_group_problems(recording),
        *_frame_problems(recording),
        *_result_problems(recording),
    ]


def _group_problems(recording: Recording) -> list[str]:
    groups = [("", "multiscales")]
    if (recording.path / LABELS).exists():
        groups += [(LABELS, "labels"), (SKYRMIONS, "image-label")]
    problems = []
    for name, key in groups:
        path = recording.path / name / "zarr.json"
        try:
            sound = key in json.loads(path.read_bytes())["attributes"]["ome"]
        except (OSError, ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            problems.append(f"{path} lacks the OME metadata {key!r}.")
    return problems


def _frame_problems(recording: Recording) -> list[str]:
    problems = []
    for index in range(recording.n_frames):
        try:
            recording.frame(index)
        except UserError as error:
            problems.append(str(error))
    return problems


def _result_problems(recording: Recording) -> list[str]:
    damage = recording.damaged_results()
    try:
        summaries = recording.summaries()
    except UserError as error:
        return [*damage, str(error)]
    of_frames = (problem for each in summaries for problem in _problems_of(recording, each))
    return [*damage, *of_frames]


def _problems_of(recording: Recording, summary: ResultSummary) -> Iterator[str]:
    index = summary.frame
    if not 0 <= index < recording.n_frames:
        yield f"There is a result for frame {index}, which does not exist."
        return
    found = summary.n_skyrmions + summary.n_stripes
    try:
        n_rows = len(recording.result_table(index))
    except UserError as error:
        yield str(error)
    else:
        if n_rows != found:
            yield f"Frame {index} has {n_rows} rows for {found} skyrmions."
    try:
        recording.labels(index)
    except UserError as error:
        yield str(error)
