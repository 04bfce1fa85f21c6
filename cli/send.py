"""`skyrmlive send`: image files play the camera."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError
from .access_options import Insecure, KeysFolder, ServerKey, client_access
from .imaging_options import (
    BlurPx,
    DefocusNm,
    FieldMt,
    PixelSizeNm,
    TemperatureK,
    TiltAxisDeg,
    TiltDeg,
    VoltageKv,
    given_metadata,
)
from .receiving import DEFAULT_LISTEN

if TYPE_CHECKING:
    from ..stream.files import FolderSource, TakenFiles
    from ..stream.frame import Frame

_POLL_S = 0.5


def send(
    paths: Annotated[
        list[Path],
        typer.Argument(help="TIFF, PNG, NPY, MRC, DM3, DM4 or TVIPS files, or folders of them."),
    ],
    to: Annotated[str, typer.Option(help="Address of the receiver.")] = DEFAULT_LISTEN,
    rate: Annotated[
        float | None,
        typer.Option(help="Frames per second.", show_default="as fast as they are taken"),
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Send everything so many times.")] = 1,
    watch: Annotated[
        bool, typer.Option("--watch", help="Watch folders and send what appears, until Ctrl-C.")
    ] = False,
    patience: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="With --watch: seconds for which a file that is still being written holds back "
            "those after it.",
        ),
    ] = 5.0,
    remember: Annotated[
        Path | None,
        typer.Option(
            help="With --watch: remember in this file what was sent, and do not send it again "
            "after a new start.",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Seconds to wait for the receiver to be there.",
            show_default="10; with --watch for ever",
        ),
    ] = None,
    pixel_size_nm: PixelSizeNm = None,
    tilt_axis_deg: TiltAxisDeg = None,
    tilt_deg: TiltDeg = None,
    defocus_nm: DefocusNm = None,
    blur_px: BlurPx = None,
    voltage_kv: VoltageKv = None,
    temperature_k: TemperatureK = None,
    field_mt: FieldMt = None,
    keys: KeysFolder = None,
    server_key: ServerKey = None,
    insecure: Insecure = False,
) -> None:
    """Send image files as frames, the way a camera does.

    The options about the image replace what the files say.
    """
    if rate is not None and not rate > 0:
        raise UserError("--rate must be greater than 0.")
    if watch and repeat != 1:
        raise UserError("--watch and --repeat do not go together.")
    if remember is not None and not watch:
        raise UserError("--remember goes with --watch.")

    from ..stream.files import FilesSource, FolderSource, TakenFiles
    from ..stream.sender import FrameSender

    access = client_access(server_key, keys=keys, insecure=insecure)

    overrides = given_metadata(
        pixel_size_nm=pixel_size_nm,
        tilt_axis_deg=tilt_axis_deg,
        tilt_deg=tilt_deg,
        defocus_nm=defocus_nm,
        blur_px=blur_px,
        voltage_kv=voltage_kv,
        temperature_k=temperature_k,
        field_mt=field_mt,
    )
    frames: Iterator[Frame]
    with ExitStack() as stack:
        if watch:
            taken = None if remember is None else stack.enter_context(TakenFiles(remember))
            watched = stack.enter_context(
                FolderSource(paths, overrides=overrides, patience_s=patience, taken=taken)
            )
            frames, total = _watched(watched, taken, lambda: sender.unsent), None
        else:
            source = FilesSource(paths, overrides)
            frames = (frame for _ in range(repeat) for frame in source)
            count = source.count()
            total = None if count is None else count * repeat
        # Nobody stands beside a watcher to start it again when the receiver is back.
        sender = FrameSender(
            to,
            access=access,
            insecure=insecure,
            connect_timeout_s=timeout if timeout is not None else math.inf if watch else 10.0,
            busy_timeout_s=math.inf if watch else 60.0,
        )
        try:
            with sender:
                for frame in _with_progress(_paced(frames, rate), total):
                    sender.send(_numbered(frame, sender.sent, renumber=repeat > 1))
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
    typer.echo(f"{sender.sent} frames sent to {to}.")


def _watched(
    source: FolderSource, taken: TakenFiles | None, n_unsent: Callable[[], int]
) -> Iterator[Frame]:
    """Yield the frames of files as they appear, and remember the files whose frames have left."""
    while True:
        if taken is not None:  # a frame that waits belongs to one file, and they are in order
            taken.write_all_but(n_unsent())
        for arrival in source.receive(_POLL_S, max_frames=1):
            yield arrival.frame


def _paced(frames: Iterator[Frame], rate: float | None) -> Iterator[Frame]:
    start = time.monotonic()
    for number, frame in enumerate(frames):
        if rate is not None:
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
        yield frame


def _with_progress(frames: Iterator[Frame], total: int | None) -> Iterator[Frame]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(
        frames, "Sending", total=total, console=console, disable=not console.is_terminal
    )


def _numbered(frame: Frame, number: int, *, renumber: bool) -> Frame:
    from ..stream.frame import Frame

    if frame.metadata.seq is not None and not renumber:
        return frame
    return Frame(frame.pixels, frame.metadata.model_copy(update={"seq": number}))
