"""Names of the files in a recording, and small files written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ..errors import UserError

FORMAT = "skyrmlive recording"
FORMAT_VERSION = 1

RUN = "run.json"  #: what this directory is, when and by what it was written
FRAMES = "frames.jsonl"  #: one line a frame; a frame is acknowledged once its line is complete
RESULTS = "results.jsonl"  #: one line an analysed frame, its `ResultSummary` or why it failed
TABLE = "results.arrows"  #: Arrow IPC stream, one record batch an analysed frame
LOCK = "recording.lock"  #: there while somebody writes, or after a kill; see `Claim`
STAGE = "stage.jsonl"  #: one line a reading of the stage, as it came
IMAGE = "0"  #: Zarr array (t, y, x) of the frames
LABELS = "labels"  #: OME-Zarr labels group
SKYRMIONS = "labels/skyrmions"  #: OME-Zarr label image
LABEL_ARRAY = "labels/skyrmions/0"  #: Zarr array (t, y, x) of uint16 labels


def stem(path: Path) -> str:
    """Return the name of a recording without its ending, ``.ome.zarr`` as a rule."""
    return path.name.removesuffix(".zarr").removesuffix(".ome")


class RecordingError(UserError):
    """A recording cannot be written any further, or not be read."""


class DiskFull(RecordingError):
    """Nothing of what was to be written is left; it can be tried again when there is space.

    No more files that can be opened is such a lack of space, too.
    """


def write_error(path: Path, error: OSError) -> RecordingError:
    """Return what to raise when writing to `path` failed."""
    passing = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)
    kind = DiskFull if error.errno in passing else RecordingError
    return kind(f"Writing to {path} failed: {error.strerror}.")


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Replace `path` by what `write` puts into a file, so that no instant shows half of it.

    Raises
    ------
    OSError
        If it cannot be written; what was there stays, and nothing is left beside it.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Replace `path` by `document`, so that no instant shows half of it."""
    text = json.dumps(document, indent=2)
    write_whole(path, lambda file: file.write(text.encode()))


def write_group(path: Path, attributes: dict[str, Any]) -> None:
    """Make `path` a Zarr v3 group with `attributes`."""
    path.mkdir(parents=True, exist_ok=True)
    document = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
    write_json(path / "zarr.json", document)
