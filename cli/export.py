"""`skyrmlive export`: a recording in the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError

if TYPE_CHECKING:
    from ..stream.recording import Recording
    from ..stream.recording.export import Content, Export


def export(
    recording: Annotated[Path, typer.Argument(help="Folder of a recording.")],
    out: Annotated[
        Path | None,
        typer.Option(help="New folder to write to.", show_default="NAME-export beside it"),
    ] = None,
    tiff: Annotated[bool, typer.Option("--tiff", help="frames.tif: one page a frame.")] = False,
    labels: Annotated[
        bool, typer.Option("--labels", help="labels.tif: the label image of each frame.")
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="skyrmions.csv and frames.csv, for a spreadsheet.")
    ] = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="The same tables as Parquet, for pandas and others.")
    ] = False,
    movie: Annotated[
        Path | None,
        typer.Option(help="Write this MP4 file: every frame with outlines and a scale bar."),
    ] = None,
    rate: Annotated[float, typer.Option(help="Frames per second of the movie.")] = 10.0,
) -> None:
    """Write a recording as TIFF stacks and tables; without further options, as all of them.

    Recordings that were cut short are exported up to their end. `skyrmlive segment` and `send` read
    frames.tif with all that is known about each frame. --movie alone writes nothing else.
    """
    from ..stream.recording import Recording
    from ..stream.recording.layout import stem

    asked: dict[Content, bool] = {"tiff": tiff, "labels": labels, "csv": csv, "parquet": parquet}
    chosen: list[Content] = [content for content, is_asked in asked.items() if is_asked]
    if movie is not None:
        _export_movie(Recording(recording), movie, rate)
        if not chosen and out is None:
            return
    path = recording.resolve()
    done = _export(Recording(recording), out or path.with_name(f"{stem(path)}-export"), chosen)
    for problem in done.problems:
        typer.echo(f"  note: {problem} Its page is black.")
    files = ", ".join(sorted(file.name for file in done.folder.iterdir()))
    typer.echo(f"{done.n_frames} frames exported to {done.folder}: {files}.")


def _export_movie(recording: Recording, path: Path, rate: float) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from ..inference.movie import pictures_of, write_movie

    if path.exists():
        raise UserError(f"{path} exists already; an export never overwrites anything.")
    console = Console(stderr=True)
    frames = range(recording.n_frames)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Movie", total=len(frames))
        write_movie(
            path,
            pictures_of(recording, frames),
            rate_hz=rate,
            progress=lambda done: progress.update(task, completed=done),
        )
    typer.echo(f"{len(frames)} frames in {path}.")


def _export(recording: Recording, folder: Path, chosen: list[Content]) -> Export:
    from rich.console import Console
    from rich.progress import Progress

    from ..stream.recording.export import CONTENTS, export

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Exporting")
        return export(
            recording,
            folder,
            chosen or CONTENTS,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
