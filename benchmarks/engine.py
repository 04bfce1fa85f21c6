"""One 2048x2048 frame, from array to table and labels, beside the paper's network alone.

    python benchmarks/engine.py [--quick] [--json PATH] [--engine E] [--side N] [--precision P]

The frame is a settled Neel lattice of 1500 skyrmions (for 2048x2048) as a counting camera sees it
in the engine's condition. The table says how many the engine found, since the time outside the
network grows with their number. The paper's network (`--preset paper`, weights do not matter) runs
on the same number of pixels in PyTorch, OpenVINO and, where it is installed, ONNX Runtime.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable

import numpy as np
import report
import torch
from lorentz_frame import lorentz_frame
from rich.console import Console
from rich.table import Table

from skyrmlive.cli.collector import without_pauses
from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend
from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import find_engine
from skyrmlive.inference.told import TOLD
from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.engine.export import to_onnx
from skyrmlive.trainer.learning.paper_network import PaperNet


def stages(engine: Engine, side: int, repeats: int) -> tuple[dict[str, np.ndarray], int]:
    """Return the latency in ms of each stage, frame by frame, and the number of skyrmions."""
    frame = lorentz_frame(side, engine.condition)
    analyser = SkyrmionAnalyser(engine)
    with without_pauses():  # as in `serve`
        results = [analyser.analyse(frame, index, 0.0).summary for index in range(repeats + 2)][2:]
    times = {
        stage: np.array([result.latency_ms[stage] for result in results])
        for stage in results[0].latency_ms
    }
    return times, results[-1].n_skyrmions


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
    parser = report.parser(__doc__, quick="fewer repetitions")
    parser.add_argument("--engine", help="name or folder; by default the shipped one")
    parser.add_argument("--side", type=int, default=2048, help="pixels")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    options = parser.parse_args()
    try:
        bundle = EngineBundle.load(find_engine(options.engine))
        engine = Engine.from_bundle(bundle, options.precision)
    except UserError as error:
        print(f"benchmarks/engine.py: {error}", file=sys.stderr)
        raise SystemExit(2) from None

    times, found = stages(engine, options.side, 15 if options.quick else 200)
    total = times.pop("total")
    outside = total - times["network"]
    paper = papers_network(options.side, 1 if options.quick else 3)

    title = f"{options.side}x{options.side}, {found} skyrmions, {engine.describe()}"
    table = Table("", "p50 ms", "p99 ms", title=title)
    for stage, values in times.items():
        table.add_row(stage, *_quantiles(values))
    table.add_section()
    table.add_row("outside the network", *_quantiles(outside))
    table.add_row("total", *_quantiles(total))
    table.add_section()
    for name, ms in paper.items():
        ratio = ms / np.median(total)
        table.add_row(f"the paper's network alone, {name}", f"{ms:.0f}", f"{ratio:.0f} times ours")
    Console().print(table)
    figures = {
        "p50_ms": float(np.median(total)),
        "p99_ms": float(np.percentile(total, 99)),
        "ratio_paper_torch": paper["PyTorch"] / float(np.median(total)),
        "outside_network_ms": float(np.median(outside)),
        "n_skyrmions": found,
    }
    report.write(options.json, figures)


def _quantiles(values: np.ndarray) -> tuple[str, str]:
    return f"{np.median(values):.1f}", f"{np.percentile(values, 99):.1f}"


if __name__ == "__main__":
    main()
