"""One 2048x2048 frame, from array to table and labels, beside the paper's network alone.

    python benchmarks/engine.py [--quick] [--json PATH] [--engine E] [--side N] [--precision P]
                                [--larger N ...]

The frame is a settled Neel lattice of 1500 skyrmions (for 2048x2048) as a counting camera sees it
in the engine's condition. The table says how many the engine found, since the time outside the
network grows with their number. Larger frames of the same lattice follow: their time over that of
the first, and the memory that the process holds before and after. The paper's network (`--preset
paper`, weights do not matter) runs on the same number of pixels in PyTorch, OpenVINO and, where it
is installed, ONNX Runtime.

Times are wall times; beside them stands the processor's time, of all threads, which other programs
on the machine disturb least.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import report
import torch
from lorentz_frame import lorentz_frame
from rich.console import Console
from rich.table import Table

from skyrmlive.cli.steady_running import without_pauses
from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend
from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import find_engine
from skyrmlive.inference.told import TOLD
from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.engine.export import to_onnx
from skyrmlive.trainer.learning.paper_network import PaperNet


@dataclass(frozen=True)
class Timing:
    """Of frames of one size.

    Attributes
    ----------
    stages
        Wall ms of each stage, frame by frame; `total` among them.
    cpu_ms
        Processor ms of each frame.
    found
        Skyrmions in the last one.
    memory_mb
        What the process holds after the first frame, and after the last.
    """

    stages: dict[str, np.ndarray]
    cpu_ms: np.ndarray
    found: int
    memory_mb: tuple[float, float]

    @property
    def outside(self) -> np.ndarray:
        """Wall ms of everything but the network."""
        return self.stages["total"] - self.stages["network"]


def timed(engine: Engine, side: int, repeats: int) -> Timing:
    """Analyse a frame again and again, after two frames for which everything is made ready."""
    frame = lorentz_frame(side, engine.condition)
    analyser = SkyrmionAnalyser(engine)
    for index in range(2):
        analyser.analyse(frame, index, 0.0)
    before = report.resident_mb()
    summaries, cpu_ms = [], []
    with without_pauses():  # as in `serve`
        for index in range(2, 2 + repeats):
            started = time.process_time()
            summaries.append(analyser.analyse(frame, index, 0.0).summary)
            cpu_ms.append(1e3 * (time.process_time() - started))
    stages = {
        stage: np.array([summary.latency_ms[stage] for summary in summaries])
        for stage in summaries[0].latency_ms
    }
    found = summaries[-1].n_skyrmions
    return Timing(stages, np.array(cpu_ms), found, (before, report.resident_mb()))


def papers_network(side: int, repeats: int) -> dict[str, float]:
    """Return the ms that the paper's network takes, by what runs it; the fastest of the runs."""
    network = PaperNet().eval()
    image = np.random.default_rng(0).standard_normal((1, 1, side, side), np.float32)
    told = np.zeros((1, TOLD), np.float32)
    tensor = torch.from_numpy(image)
    model = to_onnx(network)
    openvino = OpenVinoBackend(model)
    runs: dict[str, Callable[[], object]] = {
        "PyTorch": lambda: network(tensor),
        "OpenVINO": lambda: openvino.infer(image, told),
    }
    if importlib.util.find_spec("onnxruntime"):
        import onnxruntime

        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        runs["ONNX Runtime"] = lambda: session.run(None, {"image": image})
    with torch.inference_mode():
        return {name: min(_ms(run) for _ in range(repeats)) for name, run in runs.items()}


def _ms(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - started)


def main() -> None:
    parser = report.parser(__doc__, quick="fewer repetitions, no larger frames")
    parser.add_argument("--engine", help="name or folder; by default the shipped one")
    parser.add_argument("--side", type=int, default=2048, help="pixels")
    parser.add_argument(
        "--larger", type=int, nargs="*", default=[4096, 8192], help="sides of larger frames"
    )
    parser.add_argument("--precision", choices=["auto", "f32", "bf16"], default="auto")
    options = parser.parse_args()
    try:
        bundle = EngineBundle.load(find_engine(options.engine))
        engine = Engine.from_bundle(bundle, options.precision)
    except UserError as error:
        print(f"benchmarks/engine.py: {error}", file=sys.stderr)
        raise SystemExit(2) from None

    # first, as it comes: our run keeps freed memory, of which a network of so many pixels has more
    paper = papers_network(options.side, 1 if options.quick else 3)
    timing = timed(engine, options.side, 15 if options.quick else 200)
    larger = {}
    if not options.quick:
        larger = {side: timed(engine, side, 5) for side in options.larger}

    total = timing.stages["total"]
    title = f"{options.side}x{options.side}, {timing.found} skyrmions, {engine.describe()}"
    table = Table("", "p50 ms", "p99 ms", "least ms", title=title)
    for stage, values in timing.stages.items():
        if stage != "total":
            table.add_row(stage, *_quantiles(values))
    table.add_section()
    table.add_row("outside the network", *_quantiles(timing.outside))
    table.add_row("total", *_quantiles(total))
    table.add_row("processor, all threads", *_quantiles(timing.cpu_ms))
    table.add_row("memory, MB: first, last", *(f"{mb:.0f}" for mb in timing.memory_mb), "")
    for side, other in larger.items():
        table.add_section()
        theirs = other.stages["total"]
        table.add_row(f"{side}x{side}, {other.found} skyrmions", *_quantiles(theirs))
        ratio = np.median(theirs) / np.median(total)
        table.add_row("  over the first", f"{ratio:.1f} times", "", "")
        table.add_row("  memory, MB: first, last", *(f"{mb:.0f}" for mb in other.memory_mb), "")
    table.add_section()
    for name, ms in paper.items():
        ratio = ms / np.median(total)
        table.add_row(f"the paper's network alone, {name}", f"{ms:.0f}", f"{ratio:.0f} times", "")
    Console().print(table)
    figures = {
        "p50_ms": float(np.median(total)),
        "p99_ms": float(np.percentile(total, 99)),
        "ratio_paper_torch": paper["PyTorch"] / float(np.median(total)),
        "outside_network_ms": float(np.median(timing.outside)),
        "cpu_ms": float(np.median(timing.cpu_ms)),
        "memory_growth_mb": timing.memory_mb[1] - timing.memory_mb[0],
        "n_skyrmions": timing.found,
    }
    for side, other in larger.items():
        figures[f"p50_ms_{side}"] = float(np.median(other.stages["total"]))
    report.write(options.json, figures)


def _quantiles(values: np.ndarray) -> tuple[str, str, str]:
    return f"{np.median(values):.1f}", f"{np.percentile(values, 99):.1f}", f"{values.min():.1f}"


if __name__ == "__main__":
    main()
