"""`skyrmlive demo`: the whole road once, on a simulated field sweep."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError

if TYPE_CHECKING:
    from ..stream.live import RunReport
    from ..stream.publisher import ResultPublisher

_ANY_PORT = "tcp://127.0.0.1:*"
_OUTPUTS = ("recording", "skyrmions.csv", "frames.csv", "overlay.png", "curves.png")


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo leaves.")] = Path(
        "demo-output"
    ),
    rate: Annotated[float, typer.Option(min=0.1, help="Frames a second of the camera.")] = 4.0,
    viewer: Annotated[
        bool, typer.Option("--viewer", help="Watch the run in napari (needs the viewer extra).")
    ] = False,
) -> None:
    """Send a simulated field sweep from a camera process through the whole system.

    The frames travel over real sockets, are recorded, analysed, linked and published, as at a
    microscope.
    """
    import pandas as pd

    _clear(out)
    report, recording_path = _run(out, rate, viewer)

    from ..stream.recording import Recording
    from .run_pictures import save_curves, save_overlay

    recording = Recording(recording_path)
    frames = pd.read_csv(out / "frames.csv")
    # a frame in which some have collapsed and some are left tells most
    middle = int((frames["n_skyrmions"] - frames["n_skyrmions"].max() * 0.7).abs().idxmin())
    save_overlay(recording, int(frames["frame"][middle]), out / "overlay.png")
    save_curves(frames, out / "curves.png")
    first, last = frames.iloc[0], frames.iloc[-1]
    typer.echo(
        f"\n{report.frames} frames received, {report.counters['recorded']} recorded, "
        f"{report.analysed} analysed.\n"
        f"From {first.field_mt:.0f} to {last.field_mt:.0f} mT the number of skyrmions went from "
        f"{first.n_skyrmions} to {last.n_skyrmions},\n"
        f"their mean diameter from {first.mean_diameter_nm:.1f} to "
        f"{last.mean_diameter_nm:.1f} nm.\n\n"
        f"Look at {out}:\n"
        "  overlay.png      a frame with its skyrmions outlined\n"
        "  curves.png       number and diameter against the field\n"
        "  skyrmions.csv    every skyrmion in every frame, with its track\n"
        "  frames.csv       one line a frame\n"
        f"  {recording_path.name}/       every frame and result (OME-Zarr); "
        f"`skyrmlive replay {recording_path}` runs it again"
    )


def _run(out: Path, rate: float, viewer: bool) -> tuple[RunReport, Path]:
    from ..inference.analyser import SkyrmionAnalyser
    from ..inference.engine_store import load_engine
    from ..stream.csv_files import CsvResults
    from ..stream.listener import FrameListener
    from ..stream.live import LiveRun
    from ..stream.publisher import ResultPublisher
    from ..stream.recording import RunRecorder
    from ..stream.result import FrameResult
    from .demo_camera import camera_frames
    from .live_display import LiveDisplay
    from .stopping import on_signals

    total = sum(1 for _ in camera_frames())
    with ExitStack() as stack:
        listener = stack.enter_context(FrameListener(_ANY_PORT))
        publisher = stack.enter_context(ResultPublisher(_ANY_PORT))
        analyser = SkyrmionAnalyser(load_engine())
        tables = stack.enter_context(CsvResults(out))
        recorder = RunRecorder(out / "recording")
        if viewer:
            stack.callback(_open_viewer(publisher).wait)
        camera = [sys.executable, "-m", "skyrmlive.cli.demo_camera", listener.address]
        process = subprocess.Popen([*camera, "--rate", str(rate)])
        stack.callback(process.wait)
        typer.echo(
            f"A camera process sends {total} frames to {listener.address}; "
            f"engine {analyser.engine_id}."
        )
        display = stack.enter_context(LiveDisplay())

        def take(result: FrameResult) -> None:
            display.show(result)
            tables.append(result)

        run = LiveRun(
            listener,
            analyser,
            recorder=recorder,
            publisher=publisher,
            on_result=take,
            max_frames=total,
            idle_timeout_s=60.0,
        )
        stack.enter_context(on_signals(run.stop, run.abandon))
        report = run.run()
    if report.analysed == 0:
        raise UserError("No frame of the demo came through.")
    return report, report.recordings[0]


def _open_viewer(publisher: ResultPublisher) -> subprocess.Popen:
    """Start napari in a process of its own and wait until it listens."""
    import importlib.util

    if importlib.util.find_spec("napari") is None:
        raise UserError('--viewer needs napari; install it with `pip install "skyrmlive[viewer]"`.')
    code = "import sys; from skyrmlive.napari_plugin.launch import watch; watch(sys.argv[1])"
    process = subprocess.Popen([sys.executable, "-c", code, publisher.address])
    deadline = time.monotonic() + 60
    while not publisher.has_subscribers():
        if process.poll() is not None:
            raise UserError("napari could not be opened; is there a screen?")
        if time.monotonic() > deadline:
            raise UserError("napari did not answer within a minute.")
        time.sleep(0.1)
    return process


def _clear(out: Path) -> None:
    """Remove what an earlier demo left in `out`, and nothing else.

    Raises
    ------
    UserError
        If `out` is something other than the folder of an earlier demo.
    """
    import shutil

    if not out.exists():
        return
    if not out.is_dir() or any(path.name not in _OUTPUTS for path in out.iterdir()):
        raise UserError(f"{out} holds something else than an earlier demo; name another --out.")
    for path in out.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
