"""A recording in the formats of other programs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from ..csv_files import CsvResults
from ..errors import UserError, cannot_write
from .layout import RecordingError
from .parquet_files import ParquetResults
from .reader import Recording
from .tiff_stack import TiffStack

Content = Literal["tiff", "labels", "csv", "parquet"]
CONTENTS: tuple[Content, ...] = get_args(Content)
_IMAGES = {"tiff", "labels"}


@dataclass
class Export:
    """What was exported.

    Attributes
    ----------
    folder
        Where it is.
    n_frames, n_analysed
        Frames in the recording, and rows in the table of frames.
    problems
        One sentence for each image that is damaged; its page is black and says so.
    """

    folder: Path
    n_frames: int
    n_analysed: int = 0
    problems: list[str] = field(default_factory=list)


def export(
    recording: Recording,
    folder: Path,
    contents: Collection[Content] = CONTENTS,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Export:
    """Write a recording into a new folder, frame by frame.

    ``frames.tif`` and ``labels.tif`` have one page a frame: page k is frame k in every file.
    A page of ``frames.tif`` describes itself by the metadata of its frame, so that `read_frames`
    gives the same frames back; one of ``labels.tif`` says whether its frame was analysed.
    ``skyrmions`` and ``frames`` are the tables, as CSV and as Parquet.

    Parameters
    ----------
    recording
        Closed, cut short, or still growing: what it has now is exported.
    folder
        Appears when everything is in it. Until then it has ``.part`` at the end of its name.
    contents
        Which of `CONTENTS` to write.
    progress
        Called with the number of steps done, and of all.

    Raises
    ------
    UserError
        If `folder` exists, the disk refuses, or the results are damaged; nothing is left then.
    """
    done = Export(folder, recording.n_frames)
    wanted = set(contents)
    passes = [
        p for p, kinds in ((_images, _IMAGES), (_tables, {"csv", "parquet"})) if wanted & kinds
    ]
    total = len(passes) * done.n_frames
    with _new_folder(folder) as part:
        for number, write in enumerate(passes):
            for index in write(recording, part, wanted, done):
                progress(number * done.n_frames + index + 1, total)
    progress(total, total)
    return done


def _images(
    recording: Recording, folder: Path, wanted: Collection[str], done: Export
) -> Iterator[int]:
    n_pages, n_pixels = done.n_frames, int(np.prod(recording.shape))
    with ExitStack() as stack:
        frames = labels = None
        if "tiff" in wanted:
            n_bytes = n_pixels * np.dtype(recording.run["dtype"]).itemsize
            frames = stack.enter_context(TiffStack(folder / "frames.tif", n_pages, n_bytes))
        if "labels" in wanted:
            path = folder / "labels.tif"
            labels = stack.enter_context(TiffStack(path, n_pages, 2 * n_pixels, "zlib"))
        for index in range(n_pages):
            metadata = recording.metadata(index)
            size_nm = metadata.pixel_size_nm
            if frames is not None:
                said = metadata.model_dump(exclude_unset=True)
                frames.append(*_frame_page(recording, index, said, done.problems), size_nm)
            if labels is not None:
                said = {"frame": index} | ({} if size_nm is None else {"pixel_size_nm": size_nm})
                labels.append(*_label_page(recording, index, said, done.problems), size_nm)
            yield index


def _frame_page(
    recording: Recording, index: int, said: dict[str, Any], problems: list[str]
) -> tuple[np.ndarray, dict[str, Any]]:
    try:
        return recording.frame(index).pixels, said
    except RecordingError as error:
        problems.append(str(error))
        black = np.zeros(recording.shape, recording.run["dtype"])
        return black, said | {"damaged": str(error)}


def _label_page(
    recording: Recording, index: int, said: dict[str, Any], problems: list[str]
) -> tuple[np.ndarray, dict[str, Any]]:
    nothing = np.zeros(recording.shape, np.uint16)
    try:
        labels = recording.labels(index)
    except RecordingError as error:
        problems.append(str(error))
        return nothing, said | {"damaged": str(error)}
    said = said | {"analysed": labels is not None}
    return (nothing if labels is None else labels), said


def _tables(
    recording: Recording, folder: Path, wanted: Collection[str], done: Export
) -> Iterator[int]:
    with ExitStack() as stack:
        writers: list[CsvResults | ParquetResults] = []
        if "csv" in wanted:
            writers.append(stack.enter_context(CsvResults(folder)))
        if "parquet" in wanted:
            writers.append(stack.enter_context(ParquetResults(folder)))
        summaries = recording.summaries()
        tables = recording.tables()  # later, so that it has every frame that the summaries have
        for summary in summaries:
            table = next(table for frame, table in tables if frame == summary.frame)
            for writer in writers:
                writer.append(summary, table)
            done.n_analysed += 1
            yield summary.frame


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write to that gets its name at the end, or is removed if that fails."""
    if folder.exists():
        raise UserError(f"{folder} exists already; an export never overwrites anything.")
    part = folder.with_name(folder.name + ".part")
    try:
        part.mkdir(parents=True)
    except FileExistsError:
        raise UserError(f"{part} is what is left of another export; remove it first.") from None
    except OSError as error:
        raise cannot_write(folder, error) from None
    try:
        yield part
        part.rename(folder)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            raise cannot_write(folder, error) from None
        raise
