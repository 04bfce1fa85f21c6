"""`skyrmlive demo`: the whole road once, on a simulated field sweep."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError
from .receiving import ANY_PORT
from .run_options import WithViewer

if TYPE_CHECKING:
    from ..stream.live import RunReport
    from ..stream.publisher import ResultPublisher
    from .viewer_process import ViewerProcess

_RECORDING = "recording"
_OUTPUTS = (_RECORDING, "skyrmions.csv", "frames.csv", "overlay.png", "curves.png")


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo leaves.")] = Path(
        "demo-output"
    ),
    rate: Annotated[float, typer.Option(min=0.1, help="Frames a second of the camera.")] = 4.0,
    viewer: WithViewer = False,
) -> None:
    """Send a simulated field sweep from a camera process through the whole system.

    The frames travel over real sockets, are recorded, analysed, linked and published, as at a
    microscope.
    """
    _refuse_other_contents(out)
    with ExitStack() as stack:
        from ..stream.publisher import ResultPublisher
        from .viewer_process import ViewerProcess

        publisher = stack.enter_context(ResultPublisher(ANY_PORT))
        window = stack.enter_context(ViewerProcess(publisher)) if viewer else None
        report, stopped = _run(out, rate, publisher, window)
        typer.echo(_summary(out, report))
        if window is not None and not stopped:
            window.wait_until_closed()


def _run(
    out: Path, rate: float, publisher: ResultPublisher, window: ViewerProcess | None
) -> tuple[RunReport, bool]:
    """Play the sweep; return what became of it, and whether somebody stopped it."""
    from ..inference.analyser import SkyrmionAnalyser
    from ..inference.engine_store import load_engine
    from ..stream.demo_sweep import FILMS
    from ..stream.files import FilesSource
    from ..stream.listener import FrameListener
    from ..stream.live import LiveRun
    from ..stream.recording import RunRecorder
    from .live_display import LiveDisplay
    from .stopping import on_signals

    total = FilesSource([FILMS]).count()
    with ExitStack() as stack:
        listener = stack.enter_context(FrameListener(ANY_PORT))
        analyser = SkyrmionAnalyser(load_engine())
        if window is not None:
            window.wait_until_listening()
        _clear(out)
        display = LiveDisplay()
        run = LiveRun(
            listener,
            analyser,
            recorder=RunRecorder(out / _RECORDING),
            publisher=publisher,
            on_result=display.show,
            on_settling=display.settling,
            max_frames=total,
            idle_timeout_s=60.0,
        )
        stack.enter_context(_camera(listener.address, rate))
        typer.echo(
            f"A camera process sends {total} frames to {listener.address}; "
            f"engine {analyser.engine_id}."
        )
        with display, on_signals() as signals:
            signals.stops(run)
            report = run.run()
    if report.analysed == 0:
        raise UserError("No frame of the demo came through.")
    return report, signals.asked


@contextmanager
def _camera(address: str, rate: float) -> Iterator[None]:
    """Let the camera run in a process of its own, at most as long as this block."""
    command = [sys.executable, "-m", f"{__package__}.demo_camera", address, "--rate", str(rate)]
    # A session of its own: Ctrl-C in the terminal is meant for the run, which stops the camera.
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            yield
        finally:
            process.terminate()


def _summary(out: Path, report: RunReport) -> str:
    """Draw the pictures of a run, and return what came out and where it lies."""
    import pandas as pd

    from ..stream.csv_files import CsvResults
    from ..stream.recording import Recording
    from .run_pictures import save_curves, save_overlay, telling_frame

    recording = Recording(report.recordings[0])
    with CsvResults(out) as tables:
        tables.append_recording(recording)
    frames = pd.read_csv(out / "frames.csv")
    save_overlay(recording, telling_frame(frames), out / "overlay.png")
    save_curves(frames, out / "curves.png")
    first, last = frames.iloc[0], frames.iloc[-1]
    return (
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
        f"  {_RECORDING}/       every frame and result (OME-Zarr); "
        f"`skyrmlive replay {recording.path}` runs it again"
    )


def _refuse_other_contents(out: Path) -> None:
    """Raise a UserError if `out` is something other than the folder of an earlier demo."""
    if out.exists() and (
        not out.is_dir() or any(path.name not in _OUTPUTS for path in out.iterdir())
    ):
        raise UserError(f"{out} holds something else than an earlier demo; name another --out.")


def _clear(out: Path) -> None:
    """Remove what an earlier demo left, and nothing else."""
    for name in _OUTPUTS:
        path = out / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
