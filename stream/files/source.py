"""The frames of files and folders, with what is known besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..frame import Frame, FrameMetadata
from .order import elapsed_s, images_in
from .readers import SUFFIXES, count_frames, read_frames


class FilesSource:
    """The frames of files and folders, lazily and in the order given.

    Parameters
    ----------
    paths
        Files, or folders whose readable files are taken in natural order; Gatan's folders of hours,
        minutes and seconds are followed in time order.
    overrides
        Metadata that wins over what the files say.

    Raises
    ------
    UserError
        If a path does not exist or a folder holds nothing readable.
    """

    def __init__(self, paths: Sequence[Path], overrides: FrameMetadata | None = None) -> None:
        self.files = [file for path in paths for file in _expand(path)]
        self._overrides = overrides

    def count(self) -> int | None:
        """Return the number of frames, or None where that takes reading the pixels."""
        total = 0
        for file in self.files:
            n_frames = count_frames(file)
            if n_frames is None:
                return None
            total += n_frames
        return total

    def __iter__(self) -> Iterator[Frame]:
        for file in self.files:
            yield from frames_of(file, self._overrides)


def frames_of(
    file: Path,
    overrides: FrameMetadata | None = None,
    *,
    file_times: bool = False,
    start: int = 0,
) -> Iterator[Frame]:
    """Yield the frames of one file with what its place says and the user overrides.

    Parameters
    ----------
    file
        Path of the file. In Gatan's in-situ layout, frames get ``elapsed_s``, the whole seconds
        since the start of the run.
    overrides
        Metadata that wins over what the file says.
    file_times
        Take the time at which the file was last written for the timestamp of a single image that
        has none, and say that it is assumed. This is right for files that a camera has just
        written.
    start
        Number of the first frame to yield. What is read from a later one on is no single image.

    Raises
    ------
    UserError
        As `read_frames` does.
    """
    frames = read_frames(file, start)
    if file_times and not start:
        frames = _with_file_time(frames, file)
    update: dict[str, Any] = {}
    if (elapsed := elapsed_s(file)) is not None:
        update["elapsed_s"] = elapsed
    if overrides is not None:
        update |= overrides.model_dump(exclude_unset=True)
    for frame in frames:
        yield _with_metadata(frame, update) if update else frame


def _with_file_time(frames: Iterator[Frame], file: Path) -> Iterator[Frame]:
    first = next(frames)
    try:
        second = next(frames, None)
    except UserError:
        yield first
        raise
    if second is not None:
        yield from chain((first, second), frames)
        return
    written_at = _written_at(file)
    if written_at is None or first.metadata.timestamp is not None:
        yield first
        return
    assumed = sorted({*(first.metadata.assumed or ()), "timestamp"})
    yield _with_metadata(first, {"timestamp": written_at, "assumed": assumed})


def _with_metadata(frame: Frame, update: dict[str, Any]) -> Frame:
    return Frame(frame.pixels, frame.metadata.model_copy(update=update))


def _written_at(file: Path) -> float | None:
    try:
        return file.stat().st_mtime
    except OSError:  # it is gone already; its image is not
        return None


def _expand(path: Path) -> list[Path]:
    if path.is_dir():
        found = images_in(path)
        if not found:
            raise UserError(f"The folder {path} holds no image ({', '.join(SUFFIXES)}).")
        return found
    if not path.exists():
        raise UserError(f"{path} does not exist.")
    return [path]
