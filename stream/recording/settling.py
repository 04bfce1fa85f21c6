"""Puts the results of a run that is over in the order of its frames, with their final tracks."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ..result import Tracks
from .jsonl import JsonLinesWriter
from .layout import RESULTS, RUN, TABLE, write_error, write_json
from .reader import Recording
from .results import ResultReader
from .table_stream import TableWriter

_Writer = TypeVar("_Writer", JsonLinesWriter, TableWriter)


def settle(
    path: Path,
    tracks: Tracks,
    progress: Callable[[int, int], object] = lambda done, total: None,
    *,
    without: Collection[int] = (),
) -> None:
    """Sort the results of a recording by frame and link its skyrmions anew, in that order.

    While frames are analysed out of turn, the newest first, only those can be linked; afterwards
    the tracks are what a replay gives. Whatever instant this is cut short at, every result still
    reads back.

    Parameters
    ----------
    path
        A recording that nobody writes to any more.
    tracks
        New tracks, without a frame so far.
    progress
        Called with the number of frames done, and of all.
    without
        Frames whose results are to be left out.

    Raises
    ------
    RecordingError
        If the disk refuses; the results stay as they were.
    """
    results = ResultReader(path)
    frames = [frame for frame in results.frames if frame not in without]
    with _replacing(path / TABLE, TableWriter) as writer:
        for done, frame in enumerate(frames, 1):
            table = results.table(frame).to_pandas()
            table["particle"] = tracks.follow(table)
            writer.append(table)
            progress(done, len(frames))
    with _replacing(path / RESULTS, JsonLinesWriter) as lines:
        for entry in results.entries():
            if entry["frame"] in without:
                continue
            lines.append([json.dumps(entry)], sync=False)
        lines.append([], sync=True)
    run = Recording(path).run
    try:
        write_json(path / RUN, run | {"settled": True})
    except OSError as error:
        raise write_error(path / RUN, error) from None


@contextmanager
def _replacing(path: Path, open_writer: Callable[[Path], _Writer]) -> Iterator[_Writer]:
    """Write a file beside `path` that takes its place in the end."""
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        writer = open_writer(part)
        try:
            yield writer
        finally:
            writer.close()
        part.replace(path)
    except OSError as error:
        raise write_error(path, error) from None
    finally:
        part.unlink(missing_ok=True)
