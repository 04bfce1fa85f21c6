"""`skyrmlive replay`: a recording through the analysis again."""

from __future__ import annotations

import math
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ..stream.errors import UserError
from .receiving import ANY_PORT
from .run_options import BackendOption, EngineName, Insecure, PrecisionOption, WithViewer


def replay(
    recording: Annotated[Path, typer.Argument(help="Folder of a recording.")],
    engine: EngineName = None,
    backend: BackendOption = "auto",
    precision: PrecisionOption = "f32",
    speed: Annotated[
        float,
        typer.Option(
            help="1 is the original pace, 10 ten times as fast.", show_default="as fast as possible"
        ),
    ] = math.inf,
    out: Annotated[
        Path | None, typer.Option(help="Write skyrmions.csv and frames.csv into this folder.")
    ] = None,
    publish: Annotated[
        str | None, typer.Option(help="Publish the results at this address, as serve does.")
    ] = None,
    viewer: WithViewer = False,
    insecure: Insecure = False,
) -> None:
    """Analyse a recording again, with this or another engine; the recording stays as it is."""
    if not speed > 0:
        raise UserError("--speed must be greater than 0.")

    from ..stream.recording import Recording
    from ..stream.replay import RecordingSource

    source = RecordingSource(Recording(recording), speed)
    with ExitStack() as stack:
        # Only now, since these take seconds, and a mistyped folder should show at once.
        from ..inference.analyser import SkyrmionAnalyser
        from ..stream.csv_files import CsvResults
        from ..stream.live import LiveRun
        from ..stream.publisher import ResultPublisher
        from ..stream.result import FrameResult
        from .collector import without_pauses
        from .engine_for_frames import engine_for_frames
        from .live_display import LiveDisplay
        from .stopping import on_signals
        from .viewer_process import ViewerProcess

        publisher = window = None
        if publish is not None or viewer:
            address = publish or ANY_PORT
            publisher = stack.enter_context(ResultPublisher(address, insecure=insecure))
            if viewer:
                window = stack.enter_context(ViewerProcess(publisher))
        analyser = SkyrmionAnalyser(engine_for_frames(engine, backend, precision))
        tables = None if out is None else stack.enter_context(CsvResults(out))
        display = LiveDisplay()

        def take(result: FrameResult) -> None:
            display.show(result)
            if tables is not None:
                tables.append(result.summary, result.table)

        run = LiveRun(
            source,
            analyser,
            publisher=publisher,
            on_result=take,
            replay=True,
            queue_bytes=1,  # one frame ahead: the disk can wait
        )
        if window is not None:
            window.wait_until_listening()
        with display, without_pauses(), on_signals(run.stop, run.abandon) as signals:
            report = run.run()
        typer.echo(f"{report.analysed} frames analysed with {analyser.engine_id}.")
        if report.failed or report.counters["rejected"]:
            typer.echo(f"{report.failed} failed, {report.counters['rejected']} could not be read.")
        if tables is not None:
            typer.echo(f"Tables: {tables.skyrmions}, {tables.frames}.")
        if window is not None and not signals.asked:
            window.wait_until_closed()
