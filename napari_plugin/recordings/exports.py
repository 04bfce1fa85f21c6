"""What a recording can be saved as from the window, each as a task in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...inference.movie import Cancelled, pictures_of, write_movie
from ...stream.recording import Recording
from ...stream.recording.export import Content, export
from .tasks import Export

Tell = Callable[[float], None]
Asked = Callable[[], bool]


def movie_task(recording: Path, path: Path, rate_hz: float) -> Export:
    """Begin to write all frames with their outlines as an MP4 file at `path`."""

    def write(tell: Tell, cancelled: Asked) -> None:
        source = Recording(recording)
        frames = range(source.n_frames)
        write_movie(
            path,
            pictures_of(source, frames),
            rate_hz=rate_hz,
            progress=lambda done: tell(done / len(frames)),
            cancelled=cancelled,
        )

    return Export("Saving the movie", path, write)


def tables_task(recording: Path, folder: Path, contents: tuple[Content, ...]) -> Export:
    """Begin to write tables of a recording into the new `folder`."""

    def write(tell: Tell, cancelled: Asked) -> None:
        def progress(done: int, total: int) -> None:
            if cancelled():
                raise Cancelled
            tell(done / max(1, total))

        export(Recording(recording), folder, contents, progress)

    return Export("Saving the tables", folder, write)
