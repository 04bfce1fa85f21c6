"""The options of a run, the same for every command that takes some of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .receiving import DEFAULT_LISTEN, Protocol

Listen = Annotated[
    str | None,
    typer.Option(help="Wait for the camera at this address.", show_default=DEFAULT_LISTEN),
]
Connect = Annotated[
    str | None, typer.Option(help="Fetch frames from a camera at this address instead.")
]
Subscribe = Annotated[
    bool, typer.Option("--subscribe", help="With --connect: the camera publishes (SUB, not PULL).")
]
Watch = Annotated[
    Path | None,
    typer.Option(help="Take the image files that a camera program writes into this folder."),
]
ProtocolOption = Annotated[Protocol, typer.Option("--protocol", help="How the camera speaks.")]
StageAddress = Annotated[
    str | None,
    typer.Option(
        "--stage",
        help="With --watch or dectris-v2: take readings of the stage at this address.",
    ),
]
MaxFrames = Annotated[int | None, typer.Option(min=1, help="Stop after so many frames.")]
IdleTimeout = Annotated[
    float | None, typer.Option(min=0.1, help="Stop after so many seconds without a frame.")
]
EngineName = Annotated[
    str | None,
    typer.Option(
        help="Name of an engine or folder of a bundle.",
        show_default="the one that suits each frame",
    ),
]
BackendOption = Annotated[
    Literal["auto", "openvino", "tensorrt"],
    typer.Option(help="What runs the network; auto: TensorRT on a GPU, otherwise OpenVINO."),
]
PrecisionOption = Annotated[
    Literal["auto", "f32", "bf16"],
    typer.Option(help="Of OpenVINO; auto: bf16 on CPUs that have it, faster and a little coarser."),
]
WithViewer = Annotated[
    bool, typer.Option("--viewer", help="Watch in napari (needs the extra 'viewer').")
]
