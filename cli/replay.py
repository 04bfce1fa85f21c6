"""`skyrmlive replay`: a recording through the analysis again."""

from __future__ import annotations

import math
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError
from .access_options import Insecure, KeysFolder, server_access
from .imaging_options import BlurPx, DefocusNm, PixelSizeNm, TiltAxisDeg, TiltDeg, given_metadata
from .receiving import ANY_PORT
from .run_options import BackendOption, EngineName, PrecisionOption, WithViewer

if TYPE_CHECKING:
    from ..stream.arrival import FrameSource
    from ..stream.recording import Recording
    from ..stream.recording.comparison import RunningComparison


def replay(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Folder of a recording; or image files, stacks and folders of them."),
    ],
    engine: EngineName = None,
    backend: BackendOption = "auto",
    precision: PrecisionOption = "auto",
    speed: Annotated[
        float,
        typer.Option(
            help="1 is the original pace, 10 ten times as fast.", show_default="as fast as possible"
        ),
    ] = math.inf,
    rate: Annotated[
        float | None,
        typer.Option(help="Frames per second of files that do not say when they were taken."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write skyrmions.csv and frames.csv into this folder.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            help="Keep everything in a new recording; it shares the frames of the old one."
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Hold the results against those in the recording."),
    ] = False,
    publish: Annotated[
        str | None, typer.Option(help="Publish the results at this address, as serve does.")
    ] = None,
    viewer: WithViewer = False,
    pixel_size_nm: PixelSizeNm = None,
    tilt_axis_deg: TiltAxisDeg = None,
    tilt_deg: TiltDeg = None,
    defocus_nm: DefocusNm = None,
    blur_px: BlurPx = None,
    keys: KeysFolder = None,
    insecure: Insecure = False,
) -> None:
    """Analyse a recording again, with this or another engine; the recording stays as it is.

    Image files play a run in the same way; with --to they become a recording. What the options say
    about the image is assumed where a frame does not say it itself.
    """
    if not speed > 0:
        raise UserError("--speed must be greater than 0.")
    assumed = given_metadata(
        pixel_size_nm=pixel_size_nm,
        tilt_axis_deg=tilt_axis_deg,
        tilt_deg=tilt_deg,
        defocus_nm=defocus_nm,
        blur_px=blur_px,
    )
    recording = _recording(paths)
    if compare and recording is None:
        raise UserError("--compare needs a recording, with its results.")
    source = _source(recording, paths, speed, rate)
    if to is not None and to.exists():
        raise UserError(f"{to} exists already; a recording never overwrites anything.")
    with ExitStack() as stack:
        # Only now, since these take seconds, and a mistyped folder should show at once.
        from ..inference.analyser import SkyrmionAnalyser
        from ..stream.assumptions import AssumingSource
        from ..stream.csv_files import CsvResults
        from ..stream.live import LiveRun
        from ..stream.publisher import ResultPublisher
        from ..stream.recording import RunRecorder
        from ..stream.recording.again import NotingFailures, RecordingAgain
        from ..stream.result import FrameResult
        from .engine_for_frames import engine_for_frames
        from .live_display import LiveDisplay
        from .steady_running import without_pauses
        from .stopping import on_signals
        from .viewer_process import ViewerProcess

        publisher = window = None
        if publish is not None or viewer:
            address = publish or ANY_PORT
            access = server_access(address, keys=keys, insecure=insecure)
            publisher = stack.enter_context(
                ResultPublisher(address, access=access, insecure=insecure)
            )
            if viewer:
                window = stack.enter_context(ViewerProcess(publisher, access, keys))
        analyser = SkyrmionAnalyser(engine_for_frames(engine, backend, precision))
        tables = None if out is None else stack.enter_context(CsvResults(out))
        comparison = None
        if compare and recording is not None:
            comparison = _comparison(recording, out, stack)
        again = recorder = None
        if to is not None and recording is not None:
            again = stack.enter_context(RecordingAgain(recording, to))
        elif to is not None:
            recorder = RunRecorder(to)
        display = LiveDisplay()

        def take(result: FrameResult) -> None:
            display.show(result)
            if tables is not None:
                tables.append(result.summary, result.table)
            if again is not None:
                again.append(result)
            if comparison is not None:
                comparison.append(result.summary.frame, result.table)

        run = LiveRun(
            AssumingSource(source, assumed),
            analyser if again is None else NotingFailures(analyser, again),
            recorder=recorder,
            publisher=publisher,
            on_result=take,
            replay=True,
            queue_bytes=1,  # one frame ahead: the disk can wait
        )
        if window is not None:
            window.wait_until_listening()
        with display, without_pauses(), on_signals() as signals:
            signals.stops(run)
            report = run.run()
        interrupted = again is not None and signals.asked
        # First, since whoever reads what is printed may have left.
        if again is not None and not interrupted:
            again.finish()
        typer.echo(f"{report.analysed} frames analysed with {analyser.engine_id}.")
        if report.failed or report.counters["rejected"]:
            typer.echo(f"{report.failed} failed, {report.counters['rejected']} could not be read.")
        if interrupted:
            typer.echo("Interrupted: no new recording is kept.")
        elif to is not None:
            typer.echo(f"Recording: {to}.")
        if tables is not None:
            typer.echo(f"Tables: {tables.skyrmions}, {tables.frames}.")
        if comparison is not None:
            typer.echo(comparison.finish().describe())
        if window is not None and not signals.asked:
            window.wait_until_closed()


def _recording(paths: list[Path]) -> Recording | None:
    """Return the recording that is to be replayed, None if these are files."""
    from ..stream.recording import Recording
    from ..stream.recording.layout import RUN

    if len(paths) == 1 and (paths[0] / RUN).exists():
        return Recording(paths[0])
    for path in paths:
        if (path / RUN).exists():
            raise UserError(f"{path} is a recording; replay it by itself.")
    return None


def _comparison(recording: Recording, out: Path | None, stack: ExitStack) -> RunningComparison:
    from ..stream.recording.comparison import ComparisonCsv, RunningComparison

    if out is None:
        return RunningComparison(recording.tables())
    rows = stack.enter_context(ComparisonCsv(out / "comparison.csv"))
    return RunningComparison(recording.tables(), rows.append)


def _source(
    recording: Recording | None, paths: list[Path], speed: float, rate: float | None
) -> FrameSource:
    if recording is None:
        from ..stream.files import PacedFiles

        try:
            return PacedFiles(paths, speed=speed, rate=rate)
        except UserError as error:
            if len(paths) == 1 and paths[0].is_dir():
                raise UserError(
                    f"{paths[0]} is neither a recording nor a folder of images."
                ) from error
            raise
    if rate is not None:
        raise UserError("--rate is for files; a recording knows its pace, see --speed.")
    from ..stream.replay import RecordingSource

    return RecordingSource(recording, speed)
