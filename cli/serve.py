"""`skyrmlive serve`: frames in, results out."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError
from .access_options import Insecure, KeysFolder, ServerKey, server_access
from .imaging_options import BlurPx, DefocusNm, PixelSizeNm, TiltAxisDeg, TiltDeg, given_metadata
from .open_files import allow_many_open_files
from .receiving import DEFAULT_PUBLISH, Protocol, SourceOptions, in_words, open_source
from .run_options import (
    BackendOption,
    Connect,
    EngineName,
    IdleTimeout,
    Listen,
    MaxFrames,
    PrecisionOption,
    ProtocolOption,
    StageAddress,
    Subscribe,
    Watch,
    WithViewer,
)
from .stopping import on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..inference.engine import Engine
    from ..stream.frame import FrameMetadata
    from ..stream.live import RunReport
    from ..stream.recording import Recorder


def serve(
    listen: Listen = None,
    connect: Connect = None,
    subscribe: Subscribe = False,
    protocol: ProtocolOption = Protocol.NATIVE,
    watch: Watch = None,
    stage: StageAddress = None,
    publish: Annotated[
        str, typer.Option(help="Publish results at this address; 'off' publishes nothing.")
    ] = DEFAULT_PUBLISH,
    engine: EngineName = None,
    backend: BackendOption = "auto",
    precision: PrecisionOption = "auto",
    record: Annotated[
        Path | None, typer.Option(help="Record every frame and result in this new folder.")
    ] = None,
    viewer: WithViewer = False,
    pixel_size_nm: PixelSizeNm = None,
    tilt_axis_deg: TiltAxisDeg = None,
    tilt_deg: TiltDeg = None,
    defocus_nm: DefocusNm = None,
    blur_px: BlurPx = None,
    max_frames: MaxFrames = None,
    idle_timeout: IdleTimeout = None,
    keys: KeysFolder = None,
    server_key: ServerKey = None,
    insecure: Insecure = False,
    control: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Receive frames, record them, find their skyrmions and publish the results.

    Ctrl-C stops: everything that has come is then on disk and analysed. What the options say about
    the image is assumed where a frame does not say it itself, and recorded as assumed.
    """
    assumed = given_metadata(
        pixel_size_nm=pixel_size_nm,
        tilt_axis_deg=tilt_axis_deg,
        tilt_deg=tilt_deg,
        defocus_nm=defocus_nm,
        blur_px=blur_px,
    )
    if viewer and publish == "off":
        raise UserError("--viewer shows what is published; leave --publish off out.")
    options = SourceOptions(
        listen, connect, subscribe, protocol, watch, stage, keys, server_key, insecure
    )
    allow_many_open_files()
    with ExitStack() as stack:
        signals = stack.enter_context(on_signals())
        steering = None
        if control is not None:
            from .control import RunControl

            steering = stack.enter_context(RunControl(control, signals))
        source = open_source(options, stack)
        # Only now, since these take seconds, and a mistyped address should show at once.
        from ..inference.analyser import SkyrmionAnalyser
        from ..inference.engine_switch import EngineSwitch
        from ..stream.assumptions import AssumingSource
        from ..stream.live import LiveRun
        from ..stream.publisher import ResultPublisher
        from ..stream.recording import RunRecorder, SwitchedRecorder
        from .engine_for_frames import engine_for_frames
        from .live_display import LiveDisplay
        from .steady_running import without_pauses
        from .viewer_process import ViewerProcess

        publisher = window = None
        if publish != "off":
            access = server_access(publish, keys=keys, insecure=insecure)
            publisher = stack.enter_context(
                ResultPublisher(publish, access=access, insecure=insecure)
            )
            if viewer:
                window = stack.enter_context(ViewerProcess(publisher, access, keys))

        def find_engine(name: str | None) -> Engine | Callable[[FrameMetadata], Engine]:
            return engine_for_frames(name, backend, precision)

        engines = EngineSwitch(find_engine(engine))
        analyser = SkyrmionAnalyser(engines)
        fixed = None if record is None else RunRecorder(record)
        recorder: Recorder | None = fixed if steering is None else SwitchedRecorder(fixed)
        source.record_stage(recorder)
        display = LiveDisplay()
        run = LiveRun(
            AssumingSource(source.frames, assumed),
            analyser,
            recorder=recorder,
            publisher=publisher,
            on_result=display.show,
            on_settling=display.settling,
            max_frames=max_frames,
            idle_timeout_s=idle_timeout,
        )
        signals.stops(run)
        if steering is not None and isinstance(recorder, SwitchedRecorder):
            steering.ready(
                source=source.name,
                results=None if publisher is None else publisher.address,
                recorder=recorder,
                engines=engines,
                engine=engine,
                find_engine=find_engine,
            )
        typer.echo(f"Frames from {source.name}, engine {analyser.engine_id}.", err=True)
        if publisher is not None:
            typer.echo(f"Results on {publisher.address}. Ctrl-C stops.", err=True)
        with display, without_pauses():
            report = run.run()
        typer.echo(_summary(report))
        if steering is not None:
            steering.report(_summary(report))
        if window is not None and not signals.asked:
            window.wait_until_closed()


def _summary(report: RunReport) -> str:
    lines = [
        f"{report.frames} frames, {report.analysed} analysed, "
        f"{report.failed} failed{in_words(report.counters)}."
    ]
    if report.recordings:
        lines.append("Recorded in " + ", ".join(map(str, report.recordings)) + ".")
    if report.remaining:
        what = f"{report.remaining} frames were left without analysis"
        again = "; `skyrmlive replay` analyses the recording." if report.recordings else "."
        lines.append(what + again)
    return "\n".join(lines)
