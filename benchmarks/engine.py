"""One 2048x2048 frame, from array to table and labels: total, and what is not the network.

    python benchmarks/engine.py [--quick] [--json PATH] [--engine E] [--side N] [--precision P]

The frame is synthetic, in the engine's geometry: about 1500 pairs of a bright and a dark lobe, as a
tilted Neel skyrmion shows, in a disordered triangular lattice with noise. The table says how many
skyrmions the engine found in it, since the time outside the network grows with their number.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.ndimage import gaussian_filter

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.condition import ImagingCondition
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import find_engine
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import Frame, FrameMetadata

SPACING_PX = 57.0  # 1500 skyrmions in 2048x2048
LOBE_SIGMA_PX = 11.0  # lobes of either sign 22 px apart
NOISE = 0.1


def frame(side: int, sign: int, condition: ImagingCondition) -> Frame:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: side / SPACING_PX * 2 / 3**0.5, : side / SPACING_PX]
    x = (x + (y % 2) / 2 + 0.25) * SPACING_PX + rng.normal(0, 2, x.shape)
    y = (y + 0.5) * SPACING_PX * 3**0.5 / 2 + rng.normal(0, 2, y.shape)
    seen = (x > 0) & (y > 0) & (x < side - 1) & (y < side - 1)
    image = np.zeros((side, side))
    image[y[seen].astype(int), x[seen].astype(int)] = 1
    image = gaussian_filter(image, LOBE_SIGMA_PX, order=(0, 1), mode="constant")
    image = 1 + sign * 0.3 * image / np.abs(image).max()
    counts = 2000 * (image + rng.normal(0, NOISE, image.shape))
    metadata = FrameMetadata(
        pixel_size_nm=condition.pixel_size_nm,
        tilt_x_deg=condition.tilt_deg,
        defocus_nm=condition.defocus_nm,
        voltage_kv=condition.voltage_kv,
        geometry="sample",
    )
    return Frame(np.clip(np.rint(counts), 0, 65535).astype(np.uint16), metadata)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--json", type=Path, help="write the figures there")
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

    # Which side of a skyrmion is bright depends on the material; take the one the engine knows.
    frames = [frame(options.side, sign, engine.condition) for sign in (1, -1)]
    warm = [SkyrmionAnalyser(engine).analyse(each, 0, 0.0) for each in frames]
    best = int(np.argmax([result.summary.n_skyrmions for result in warm]))
    analyser = SkyrmionAnalyser(engine)
    results = [
        analyser.analyse(frames[best], index, 0.0).summary
        for index in range(15 if options.quick else 200)
    ]
    total = np.array([result.latency_ms["total"] for result in results])
    outside = total - [result.latency_ms["network"] for result in results]
    found = results[-1].n_skyrmions

    title = f"{options.side}x{options.side}, {found} skyrmions, {engine.describe()}"
    table = Table("stage", "p50 ms", "p99 ms", title=title)
    for stage in results[0].latency_ms:
        if stage != "total":
            times = [result.latency_ms[stage] for result in results]
            table.add_row(stage, f"{np.median(times):.1f}", f"{np.percentile(times, 99):.1f}")
    table.add_section()
    for name, times in (("outside the network", outside), ("total", total)):
        table.add_row(name, f"{np.median(times):.1f}", f"{np.percentile(times, 99):.1f}")
    Console().print(table)
    if options.json:
        figures = {
            "p50_ms": float(np.median(total)),
            "p99_ms": float(np.percentile(total, 99)),
            "outside_network_ms": float(np.median(outside)),
            "n_skyrmions": found,
        }
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
