"""Chunks of a recording under the codecs that every Zarr v3 reader has: size, speed, CPU time.

    python benchmarks/chunk_compression.py [--quick] [--json PATH] [--side N] [--folder DIR]

The frames are a settled Neel lattice at several doses: as a counting camera sees it (Poisson), and
an integrating one (a gain, an offset and Gaussian readout noise). They are written as a recording
writes them, by tensorstore, one frame a chunk, four frames at once, each synchronised to the disk
below `--folder`, and read back one after the other, from memory if the system still holds them. A
shard is one file of eight frames; each group of frames makes tensorstore write it anew.

Rates are of the pixels before compression, the best of the repetitions. CPU time (all threads) and
files are of one frame; CPU time counts where the analysis runs beside. The plain file is
synchronised after each frame.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import report
import tensorstore as ts
from lorentz_frame import ELECTRONS_PER_PIXEL, lorentz_frame
from rich.console import Console
from rich.table import Table

from skyrmlive.inference.engine_store import load_engine
from skyrmlive.stream.recording.arrays import _spec

TOGETHER = 4
N_FRAMES = SHARD = 8
Codecs = list[dict[str, Any]]


@dataclass(frozen=True)
class Figures:
    """One codec on one kind of frame; `ratio` is bytes on disk over bytes of pixels."""

    ratio: float
    in_mb_per_s: float
    in_cpu_ms: float
    out_mb_per_s: float
    files_per_frame: float


def frames_by_kind(side: int) -> dict[str, np.ndarray]:
    """Return one uint16 frame a kind, each of shape (side, side)."""
    counted = lorentz_frame(side, load_engine().condition).pixels
    rng = np.random.default_rng(1)

    def dose(electrons: float) -> np.ndarray:  # thinning leaves Poisson's law in force
        return rng.binomial(counted, electrons / ELECTRONS_PER_PIXEL).astype(np.uint16)

    integrated = 100 + 20 * counted + rng.normal(0, 40, counted.shape)
    return {
        "counting, 4 e/px": dose(4),
        "counting, 40 e/px": dose(40),
        "counting, 400 e/px": counted,
        "integrating, 400 e/px": np.clip(integrated, 0, 65535).astype(np.uint16),
    }


def blosc(cname: str, level: int, shuffle: str) -> Codecs:
    configuration = {"cname": cname, "clevel": level, "shuffle": shuffle, "typesize": 2}
    return [*plain(), {"name": "blosc", "configuration": configuration | {"blocksize": 0}}]


def plain() -> Codecs:
    return [{"name": "bytes", "configuration": {"endian": "little"}}]


def sharded(side: int, inner: Codecs) -> Codecs:
    configuration = {"chunk_shape": [1, side, side], "codecs": inner}
    return [{"name": "sharding_indexed", "configuration": configuration}]


def candidates(side: int) -> dict[str, Codecs | None]:
    """Return codecs by name; None stands for those that recordings are written with."""
    return {
        "as recordings are": None,
        "blosc lz4 1, bitshuffle": blosc("lz4", 1, "bitshuffle"),
        "blosc lz4 1, shuffle": blosc("lz4", 1, "shuffle"),
        "blosc lz4 1": blosc("lz4", 1, "noshuffle"),
        "blosc lz4 5, bitshuffle": blosc("lz4", 5, "bitshuffle"),
        "blosc zstd 1, bitshuffle": blosc("zstd", 1, "bitshuffle"),
        "blosc zstd 1, shuffle": blosc("zstd", 1, "shuffle"),
        "blosc zstd 3, shuffle": blosc("zstd", 3, "shuffle"),
        "blosc zstd 5, shuffle": blosc("zstd", 5, "shuffle"),
        "zstd 1": [*plain(), {"name": "zstd", "configuration": {"level": 1}}],
        "gzip 1": [*plain(), {"name": "gzip", "configuration": {"level": 1}}],
        "none": plain(),
        f"none, {SHARD} frames a shard": sharded(side, plain()),
    }


def measure(folder: Path, image: np.ndarray, codecs: Codecs | None) -> Figures:
    """Write and read frames in a new array."""
    spec = _spec(folder, image.shape, image.dtype) | {"context": {"file_io_sync": True}}
    if codecs is not None:
        spec["metadata"]["codecs"] = codecs
        if codecs[0]["name"] == "sharding_indexed":
            spec["metadata"]["chunk_grid"]["configuration"]["chunk_shape"] = [SHARD, *image.shape]
    array = ts.open(spec, create=True).result()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for start in range(0, N_FRAMES, TOGETHER):
        # Each frame in memory of its own, as it comes from the socket.
        writes = [array[i].write(image.copy()) for i in range(start, start + TOGETHER)]
        for write in writes:
            write.result()
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    chunks = [path for path in (folder / "c").rglob("*") if path.is_file()]
    megabytes = N_FRAMES * image.nbytes / 1e6
    ratio = sum(path.stat().st_size for path in chunks) / 1e6 / megabytes
    started = time.perf_counter()
    for i in range(N_FRAMES):
        read = array[i].read().result()
    out_s = time.perf_counter() - started
    assert np.array_equal(read, image)
    return Figures(
        ratio,
        megabytes / wall_s,
        1e3 * cpu_s / N_FRAMES,
        megabytes / out_s,
        len(chunks) / N_FRAMES,
    )


def bare_write(path: Path, image: np.ndarray) -> float:
    """Return the MB/s at which frames go to one plain file, each synchronised."""
    started = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(N_FRAMES):
            file.write(image.tobytes())
            file.flush()
            os.fsync(file.fileno())
    return N_FRAMES * image.nbytes / 1e6 / (time.perf_counter() - started)


def best(runs: list[Figures]) -> Figures:
    ratios, rates_in, cpu, rates_out, files = zip(*map(astuple, runs), strict=True)
    return Figures(ratios[0], max(rates_in), min(cpu), max(rates_out), files[0])


def main() -> None:
    parser = report.parser(__doc__, quick="fewer repetitions")
    parser.add_argument("--side", type=int, default=2048, help="pixels")
    parser.add_argument("--folder", type=Path, help="on the disk to measure; a temporary one")
    options = parser.parse_args()
    repeats = 1 if options.quick else 5
    figures: dict[str, float] = {}
    side = options.side
    table = Table(title=f"{side}x{side} uint16, {os.cpu_count()} cores")
    for name in ("", "bytes", "in MB/s", "CPU ms", "out MB/s", "files"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        for kind, image in frames_by_kind(side).items():
            rate = max(bare_write(Path(scratch) / "bare", image) for _ in range(repeats))
            figures[f"{kind}: a plain file: in_mb_per_s"] = rate
            table.add_row(kind)
            table.add_row("  a plain file", "100.0 %", f"{rate:.0f}", "", "", "")
            for name, codecs in candidates(side).items():
                runs = []
                for _ in range(repeats):
                    with tempfile.TemporaryDirectory(dir=scratch) as folder:
                        runs.append(measure(Path(folder) / "0", image, codecs))
                found = best(runs)
                table.add_row(
                    f"  {name}",
                    f"{100 * found.ratio:.1f} %",
                    f"{found.in_mb_per_s:.0f}",
                    f"{found.in_cpu_ms:.0f}",
                    f"{found.out_mb_per_s:.0f}",
                    f"{found.files_per_frame:.3g}",
                )
                figures |= {f"{kind}: {name}: {k}": v for k, v in vars(found).items()}
            table.add_section()
    Console().print(table)
    report.write(options.json, figures)


if __name__ == "__main__":
    main()
