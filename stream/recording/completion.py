"""The last strokes on a recording: arrays at their true length, and the metadata complete."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from . import ome
from .arrays import set_length
from .layout import IMAGE, LABEL_ARRAY, RUN, SKYRMIONS, write_error, write_group, write_json


def complete(
    path: Path,
    run: dict[str, Any],
    n_frames: int,
    pixel_size_nm: float | None,
    between: tuple[float, float] | None,
    *,
    name: str | None = None,
) -> None:
    """Cut the arrays of a recording to `n_frames` and write what is known at the end of a run.

    Parameters
    ----------
    path
        Directory of the recording.
    run
        What `run.json` is to say besides the end and the number of frames.
    n_frames
        Frames that are acknowledged.
    pixel_size_nm
        Side of a pixel where known.
    between
        Unix seconds of the first and of the last frame, where there are any.
    name
        Title of the image, if not the name of its directory.

    Raises
    ------
    RecordingError
        If the disk refuses.
    """
    interval_s = _interval_s(between, n_frames)
    set_length(path / IMAGE, n_frames)
    try:
        write_group(path, ome.image_attributes(name or path.name, pixel_size_nm, interval_s))
        if (path / LABEL_ARRAY / "zarr.json").exists():
            set_length(path / LABEL_ARRAY, n_frames)
            write_group(path / SKYRMIONS, ome.label_image_attributes(pixel_size_nm, interval_s))
        write_json(path / RUN, run | {"closed_at": now(), "n_frames": n_frames})
    except OSError as error:
        raise write_error(path, error) from None


def now() -> str:
    """Return the time in UTC as ISO 8601, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _interval_s(between: tuple[float, float] | None, n_frames: int) -> float | None:
    if between is None or n_frames < 2:
        return None
    first, last = between
    interval = (last - first) / (n_frames - 1)
    return interval if np.isfinite(interval) and interval > 0 else None
