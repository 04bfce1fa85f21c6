"""Completes a recording whose run was cut short, and takes out damaged results."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import UserError
from ..result import Tracks
from .claim import Claim
from .completion import complete
from .jsonl import JsonLinesReader
from .layout import FRAMES, RESULTS, write_error
from .reader import Recording
from .settling import settle

_STILL_S = 3.0


def repair(
    path: Path | str,
    tracks: Tracks,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> list[str]:
    """Make of a recording that was cut short, or has damaged results, one like any other.

    Torn ends are cut off, the arrays get their true length, the results are put in order with
    their final tracks, and the metadata is completed. No acknowledged frame is touched; results
    that a power cut tore apart, or that do not read back, are taken out, and their frames can be
    analysed again.

    Parameters
    ----------
    path
        The recording.
    tracks
        New tracks, without a frame so far.
    progress
        Called with the number of results that are in order, and of all.

    Returns
    -------
    list of str
        What was done, one sentence each; empty for a recording that was sound.

    Raises
    ------
    UserError
        If it is no recording, or is being written at this moment.
    """
    recording = Recording(path)
    if _is_whole(recording):
        return []
    _refuse_while_growing(recording.path)
    with Claim.of_existing(recording.path):
        return _completed(recording, tracks, progress)


def _is_whole(recording: Recording) -> bool:
    return (
        recording.closed
        and recording.settled
        and recording.has_room_for_all
        and not recording.damaged_results()
    )


def _completed(
    recording: Recording, tracks: Tracks, progress: Callable[[int, int], object]
) -> list[str]:
    done = []
    for name in (FRAMES, RESULTS):
        torn = _cut_torn_end(recording.path / name)
        if torn:
            done.append(f"{torn} bytes of a line that was never completed were cut off {name}.")
    for leftover in (*recording.path.rglob("*.__lock"), *recording.path.glob("*.part")):
        leftover.unlink(missing_ok=True)
    if (recording.path / RESULTS).exists():
        torn_results = _torn_results(recording)
        lost = len(torn_results) + len(recording.damaged_results())
        settle(recording.path, tracks, progress, without=torn_results)
        done.append("The results were put in order and linked.")
        if lost:
            done.append(f"{lost} results that did not read back were taken out.")
    if not (recording.closed and recording.has_room_for_all):
        run = recording.run | {"settled": True, "repaired": True}
        n_frames = recording.n_frames
        between = None
        if n_frames:
            between = recording.taken_at(0), recording.taken_at(n_frames - 1)
        pixel_size_nm = recording.metadata(0).pixel_size_nm if n_frames else None
        complete(recording.path, run, n_frames, pixel_size_nm, between)
        done.append(f"It was completed with {n_frames} frames.")
    return done


def _refuse_while_growing(path: Path) -> None:
    written_at = max(
        (path / name).stat().st_mtime for name in (FRAMES, RESULTS) if (path / name).exists()
    )
    if 0 <= time.time() - written_at < _STILL_S:
        raise UserError(
            f"{path} seems to be written at this moment; once its run has ended, try again."
        )


def _cut_torn_end(path: Path) -> int:
    if not path.exists():
        return 0
    sound = JsonLinesReader(path).n_bytes
    torn = path.stat().st_size - sound
    if torn:
        try:
            os.truncate(path, sound)
        except OSError as error:
            raise write_error(path, error) from None
    return torn


def _torn_results(recording: Recording) -> set[int]:
    rows = {frame: len(table) for frame, table in recording.tables()}
    return {
        summary.frame
        for summary in recording.summaries()
        if summary.frame >= recording.n_frames
        or rows[summary.frame] != summary.n_skyrmions + summary.n_stripes
    }
