"""`skyrmlive doctor`: what this machine has, what will run, and how fast."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .run_options import BackendOption, EngineName

if TYPE_CHECKING:
    from ..inference.backends.cuda_driver import CudaDevice
    from ..inference.rehearsal import Rehearsal

_GIB = 1 << 30


def doctor(
    engine: EngineName = None,
    backend: BackendOption = "auto",
    side: Annotated[int, typer.Option(min=256, max=8192, help="Pixels along the frame.")] = 2048,
) -> None:
    """Say what this machine has, which backend will run, how fast, and what would help."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..inference.backends.cuda_driver import cuda_devices
    from ..inference.bundle import EngineBundle
    from ..inference.engine import Engine
    from ..inference.engine_store import find_engine
    from ..inference.rehearsal import rehearse

    console = Console()
    devices = cuda_devices()
    bundle = EngineBundle.load(find_engine(engine))
    ready = Engine.from_bundle(bundle, backend=backend)
    with console.status("trying the engine out"):
        tried = rehearse(ready, side)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, said in (
        ("computer", _computer()),
        ("GPU", "; ".join(map(_gpu, devices)) or "no NVIDIA GPU with a working driver"),
        ("engine", f"{ready.engine_id}, {len(bundle.files)} files as in its manifest"),
        ("runs on", ready.backend.describe()),
        ("precision", _precision(ready.backend.describe())),
        ("speed", _speed(tried, side)),
        ("start", f"{tried.first_ms / 1e3:.1f} s for the first frame of a shape"),
        ("viewer", _package("napari", "viewer")),
        ("training", _package("torch", "train")),
    ):
        table.add_row(name, Text(said))  # brackets of extras are no markup
    console.print(table, highlight=False)
    for advice in _advice(devices, ready.backend.describe(), tried):
        console.print(f"- {advice}", highlight=False, markup=False)


def _computer() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory = f", {total / _GIB:.0f} GiB"
    return f"{_processor()}, {cores} cores{memory}, {platform.system()} {platform.machine()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "processor"


def _gpu(device: CudaDevice) -> str:
    capability = ".".join(map(str, device.compute_capability))
    return (
        f"{device.name}, {device.memory_bytes / _GIB:.0f} GiB, compute capability {capability}, "
        f"driver for CUDA {device.driver}"
    )


def _speed(tried: Rehearsal, side: int) -> str:
    total, network = tried.latency_ms["total"], tried.latency_ms["network"]
    return (
        f"{side}x{side} with {tried.n_drawn} skyrmions, {tried.n_found} of them found: "
        f"{total:.0f} ms a frame, of which {network:.0f} ms in the network; "
        f"{1e3 / total:.1f} frames a second"
    )


def _precision(runs_on: str) -> str:
    from ..inference.backends.openvino_backend import cpu_precisions

    if "CPU" not in runs_on:
        return "half, of the GPU's network"
    if "bf16" in cpu_precisions():
        return "bf16, which this CPU computes in; `--precision f32` is finer and slower"
    return "f32, since this CPU has no bf16 arithmetic"


def _package(name: str, extra: str) -> str:
    if importlib.util.find_spec(name) is None:
        return f"{name} is not installed: pip install 'skyrmlive[{extra}]'"
    return f"{name} {importlib.metadata.version(name)}"


def _advice(devices: list[CudaDevice], runs_on: str, tried: Rehearsal) -> list[str]:
    """Return what would make it faster or is amiss, in plain words."""
    from ..inference.backends.tensorrt_plan import tensorrt_module

    advice = []
    if devices and tensorrt_module() is None:
        advice.append(
            "The GPU is idle without TensorRT: pip install 'skyrmlive[tensorrt-rtx]' for GeForce "
            "and RTX cards, 'skyrmlive[tensorrt]' for data-centre cards."
        )
    elif devices and "TensorRT" not in runs_on:
        advice.append("TensorRT is installed but does not run here; the warning above says why.")
    elif not devices:
        advice.append("An NVIDIA GPU with 'skyrmlive[tensorrt-rtx]' would run the network faster.")
    if tried.n_found < 0.8 * tried.n_drawn:
        advice.append("The engine misses much of the drawn lattice: read its card.")
    return advice
