"""A movie of a run: every frame with its skyrmions outlined, a scale bar, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from ..stream.errors import UserError
from ..stream.recording import Recording
from ..stream.recording.layout import RecordingError
from ..stream.result import ResultSummary
from .overlay import draw_overlay, draw_text

MOVIE_SUFFIX = ".mp4"
#: Pictures a second where nobody says otherwise.
RATE_HZ = 10.0
#: Larger frames are reduced: common players take no larger H.264.
LARGEST_SIDE = 2048
#: Quality of x264: its default. The noise of a camera fills a movie at a better one.
_CRF = "23"


class Cancelled(Exception):
    """Somebody has asked to stop; nothing is left of what was being written."""


def write_movie(
    path: Path,
    pictures: Iterable[np.ndarray],
    *,
    rate_hz: float,
    progress: Callable[[int], object] = lambda done: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Write pictures as an MP4 file (H.264, which every player and presentation program shows).

    Parameters
    ----------
    path
        The file, whose name ends in ``.mp4``. It appears when it is complete.
    pictures
        uint8 RGB of shape (height, width, 3), all of one shape.
    rate_hz
        Pictures per second.
    progress
        Called with the number of pictures written.
    cancelled
        Asked before each picture.

    Raises
    ------
    UserError
        If the name ends otherwise, the encoder is not installed, or it cannot write the file.
    Cancelled
        If `cancelled` says so.
    """
    if path.suffix.lower() != MOVIE_SUFFIX:
        raise UserError(f"A movie is saved as MP4, so {path.name} must end in {MOVIE_SUFFIX}.")
    if not rate_hz > 0:
        raise UserError("A movie needs more than 0 frames per second.")
    part = path.with_name(f"{path.stem}.part{MOVIE_SUFFIX}")
    try:
        _encode(part, pictures, rate_hz, progress, cancelled)
        part.replace(path)
    except OSError as error:
        # What the encoder says itself stands, in many lines, in the error's text.
        reason = error.strerror or str(error).strip().splitlines()[-1]
        raise UserError(f"Cannot write {path}: {reason}.") from None
    finally:
        part.unlink(missing_ok=True)


def _encode(
    path: Path,
    pictures: Iterable[np.ndarray],
    rate_hz: float,
    progress: Callable[[int], object],
    cancelled: Callable[[], bool],
) -> None:
    encoder = None
    try:
        for number, picture in enumerate(pictures, 1):
            if cancelled():
                raise Cancelled
            picture = _of_even_sides(picture)
            if encoder is None:
                encoder = _encoder(path, picture.shape, rate_hz)
            encoder.send(picture)
            progress(number)
    finally:
        if encoder is not None:
            encoder.close()
    if encoder is None:
        raise UserError("There is no frame to make a movie of.")


def _encoder(
    path: Path, shape: tuple[int, ...], rate_hz: float
) -> Generator[None, np.ndarray | None, None]:
    try:
        from imageio_ffmpeg import write_frames
    except ImportError:
        raise UserError('A movie needs one more package: pip install "skyrmlive[movie]".') from None
    height, width = shape[:2]
    write: Callable[..., Any] = write_frames  # it takes more than it declares
    encoder = write(
        str(path),
        (width, height),
        fps=rate_hz,
        codec="libx264",
        quality=None,
        macro_block_size=2,
        ffmpeg_log_level="error",
        output_params=["-crf", _CRF, "-preset", "veryfast", "-movflags", "+faststart"],
    )
    encoder.send(None)
    return encoder


def pictures_of(recording: Recording, frames: Sequence[int]) -> Iterator[np.ndarray]:
    """Draw frames of a recording, one after the other.

    Parameters
    ----------
    recording
        The recording.
    frames
        Which, from 0.

    Yields
    ------
    numpy.ndarray
        uint8 RGB of shape (height, width, 3). A frame whose files are damaged is black and says so.
    """
    start = recording.taken_at(frames[0]) if len(frames) else 0.0
    for index in frames:
        yield _picture_of(recording, index, start)


def _picture_of(recording: Recording, index: int, start: float) -> np.ndarray:
    summary = recording.summary(index)
    metadata = recording.metadata(index)
    elapsed_s = recording.taken_at(index) - start
    pixel_size_nm = metadata.pixel_size_nm if summary is None else summary.pixel_size_nm
    try:
        pixels, labels = recording.frame(index).pixels, recording.labels(index)
    except RecordingError:
        pixels, labels, damaged = np.zeros(recording.shape, np.uint8), None, True
    else:
        damaged = False
    table = recording.result_table(index) if labels is not None else None
    picture = draw_frame(pixels, labels, table, pixel_size_nm)
    first = [f"frame {index}", f"{elapsed_s:.1f} s"]
    first += [] if metadata.field_mt is None else [f"{metadata.field_mt:.0f} mT"]
    first += [] if metadata.temperature_k is None else [f"{metadata.temperature_k:.1f} K"]
    second = "its files are damaged" if damaged else _found(summary)
    line = max(12, picture.shape[1] // 24)
    for number, text in enumerate(("   ".join(first), second), 1):
        draw_text(picture, text, (max(2, picture.shape[1] // 40), number * line))
    return picture


def draw_frame(
    pixels: np.ndarray,
    labels: np.ndarray | None,
    table: pd.DataFrame | None = None,
    pixel_size_nm: float | None = None,
) -> np.ndarray:
    """Draw a frame as `draw_overlay` does, at most `LARGEST_SIDE` pixels wide and high."""
    pixels = np.asarray(pixels)
    labels = np.zeros(pixels.shape, np.uint16) if labels is None else np.asarray(labels)
    factor = LARGEST_SIDE / max(pixels.shape)
    if factor < 1:
        height, width = pixels.shape
        size = max(2, round(factor * width)), max(2, round(factor * height))
        pixels = cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
        pixel_size_nm = None if pixel_size_nm is None else pixel_size_nm / factor
    return draw_overlay(pixels, labels, table, pixel_size_nm)


def _found(summary: ResultSummary | None) -> str:
    if summary is None:
        return "not analysed"
    text = f"{summary.n_skyrmions} skyrmion{'' if summary.n_skyrmions == 1 else 's'}"
    if summary.mean_diameter_nm is not None:
        text += f", mean {summary.mean_diameter_nm:.1f} nm"
    return text


def _of_even_sides(picture: np.ndarray) -> np.ndarray:
    """Repeat the last row or column where needed: H.264 halves the colours in both directions."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(padded)
