"""`skyrmlive record`: frames to disk and nothing else."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError
from .access_options import Insecure, KeysFolder, ServerKey
from .receiving import Protocol, SourceOptions, in_words, open_source
from .run_options import (
    Connect,
    IdleTimeout,
    Listen,
    MaxFrames,
    ProtocolOption,
    StageAddress,
    Subscribe,
    Watch,
)

if TYPE_CHECKING:
    from ..stream.receiver import Receiver
    from ..stream.recording import RunRecorder


def record(
    to: Annotated[Path | None, typer.Option(help="New folder for the recording.")] = None,
    listen: Listen = None,
    connect: Connect = None,
    subscribe: Subscribe = False,
    protocol: ProtocolOption = Protocol.NATIVE,
    watch: Watch = None,
    stage: StageAddress = None,
    max_frames: MaxFrames = None,
    idle_timeout: IdleTimeout = None,
    keys: KeysFolder = None,
    server_key: ServerKey = None,
    insecure: Insecure = False,
    check: Annotated[
        Path | None, typer.Option(help="Read this recording through and report damage; no more.")
    ] = None,
    repair: Annotated[
        Path | None, typer.Option(help="Complete this recording, whose run was cut short; no more.")
    ] = None,
) -> None:
    """Record frames without analysing them, or check or repair a recording.

    `skyrmlive replay` analyses what was recorded.
    """
    if repair is not None:
        _repair(repair)
    if check is not None:
        _check(check)
    if repair is not None or check is not None:
        return
    if to is None:
        raise UserError("Say where to record: --to FOLDER.")

    from ..stream.receiver import Receiver
    from ..stream.recording import RunRecorder
    from .open_files import allow_many_open_files
    from .steady_running import keep_freed_memory
    from .stopping import on_signals

    options = SourceOptions(
        listen, connect, subscribe, protocol, watch, stage, keys, server_key, insecure
    )
    allow_many_open_files()
    keep_freed_memory()
    with ExitStack() as stack:
        signals = stack.enter_context(on_signals())
        source = open_source(options, stack)
        recorder = RunRecorder(to)
        source.record_stage(recorder)
        receiver = Receiver(
            source.frames, recorder, max_frames=max_frames, idle_timeout_s=idle_timeout
        )
        signals.stops(receiver)
        typer.echo(f"Frames from {source.name}. Ctrl-C stops.", err=True)
        _run(receiver, recorder)
    if receiver.error is not None:
        raise receiver.error
    paths = ", ".join(map(str, recorder.paths)) or "nothing"
    counted = in_words(receiver.counters)
    typer.echo(f"{recorder.n_frames} frames recorded{counted}: {paths}.")


def _run(receiver: Receiver, recorder: RunRecorder) -> None:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:.0f} frames recorded"),
        TimeElapsedColumn(),
    )
    receiver.start()
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("", total=None)
            while not receiver.finished:
                receiver.join(0.2)
                progress.update(task, completed=recorder.n_frames)
    finally:
        receiver.stop()
        receiver.join()
        recorder.close()


def _check(path: Path) -> None:
    from ..stream.recording import Recording
    from ..stream.recording import check as find_problems

    recording = Recording(path)
    problems = find_problems(path)
    for problem in problems:
        typer.echo(problem)
    height, width = recording.shape
    analysed = len(recording.summaries()) if not problems else "?"
    typer.echo(f"{recording.n_frames} frames of {width} x {height} pixels, {analysed} analysed.")
    if not recording.closed:
        typer.echo(
            "The recording is still being written, or was cut short; "
            "`skyrmlive record --repair` completes it then."
        )
    if problems:
        raise UserError(f"{path} is damaged in {len(problems)} places.")
    typer.echo("Everything reads back.")


def _repair(path: Path) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from ..inference.linking import Linker
    from ..stream.recording import repair

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Linking", total=None)
        done = repair(
            path,
            Linker(),
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    for sentence in done or ["It is whole; nothing was changed."]:
        typer.echo(sentence)
