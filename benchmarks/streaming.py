"""Frames to disk and results to a subscriber, over loopback: rates, added latency, losses.

    python benchmarks/streaming.py [--quick] [--json PATH] [--scratch DIR]

Camera, `skyrmlive` and subscriber are three processes. The frames are a settled Neel lattice as a
counting camera sees it. `skyrmlive record` takes them as fast as it can; its peer is one file that
the very same compressed bytes are written to, one after the other, on the same disk, in the same
run, by turns: synchronised once at the end, and a second time after each group of frames that
`record` acknowledges together. The latency that `skyrmlive serve --record` adds is the time from
the camera's send to the subscriber's receive, less the analysis; half of the time the analysis is
idle. Every recording is read back and held against what was sent.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import report
from camera import WINDOWS, camera, tall_image
from lorentz_frame import lorentz_frame
from recorded import lost
from rich.console import Console
from rich.table import Table
from running import record, running, serve, subscribed

from skyrmlive.inference.engine_store import load_engine
from skyrmlive.stream.recording import Recording

SIDE, SMALL_SIDE = 2048, 256
SMALL_RATE, SMALL_S = 1000, 10
GROUP = 8  # frames of 2048x2048 that `record` acknowledges together: 64 MiB
WARM_UP = 4  # results


@dataclass(frozen=True)
class Images:
    """A camera's image for frames of some side: where it lies, and its pixels."""

    path: Path
    pixels: np.ndarray

    @classmethod
    def of(cls, scratch: Path, side: int) -> Images:
        """Let the lattice be drawn."""
        path = scratch / f"camera-{side}.npy"
        large = lorentz_frame(side + WINDOWS, load_engine().condition)
        return cls(path, tall_image(path, large))


@dataclass(frozen=True)
class Recorded:
    """How `skyrmlive record` did: seconds from the first frame sent to the last acknowledged."""

    seconds: float
    delays_ms: np.ndarray
    chunks: list[bytes]
    lost: int


def recorded(scratch: Path, images: Images, frames: int, rate: float | None = None) -> Recorded:
    """Record so many frames from a camera, and read them back."""
    folder = scratch / "recording"
    with (
        running(record(folder, "--max-frames", frames)) as run,
        camera(images.path, run.listens, frames=frames, rate=rate),
    ):
        run.wait()
    recording = Recording(folder)
    sent = np.array([recording.metadata(place).timestamp for place in range(len(recording))])
    came = np.array([recording.received_at(place) for place in range(len(recording))])
    acknowledged = (folder / "frames.jsonl").stat().st_mtime
    chunks = [path.read_bytes() for path in sorted((folder / "0").glob("c.*"))]
    missing = lost(folder, images.pixels, range(frames))
    shutil.rmtree(folder)
    return Recorded(acknowledged - sent[0], 1e3 * (came - sent), chunks, missing)


def bare_write(path: Path, chunks: Sequence[bytes], group: int) -> float:
    """Write chunks to one file, synchronised after each group of them; return the seconds."""
    started = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for begin in range(0, len(chunks), group):
            for chunk in chunks[begin : begin + group]:
                file.write(chunk)
            os.fdatasync(file.fileno())
    seconds = time.perf_counter() - started
    path.unlink()
    return seconds


def record_figures(
    scratch: Path, images: Images, frames: int, repeats: int
) -> dict[str, float | int]:
    """Return the rates of `record` and of its peers, medians over turns."""
    peer = scratch / "peer"
    turns: list[tuple[float, float, float]] = []
    size = missing = 0
    for _ in range(repeats):
        run = recorded(scratch, images, frames)
        size, missing = sum(map(len, run.chunks)), missing + run.lost
        once = bare_write(peer, run.chunks, len(run.chunks))
        turns.append((run.seconds, once, bare_write(peer, run.chunks, GROUP)))
    seconds, once, grouped = np.median(turns, axis=0)
    return {
        "record_frames_per_second": frames / seconds,
        "record_mb_per_second": size / seconds / 1e6,
        "bare_write_mb_per_second": size / once / 1e6,
        "grouped_write_mb_per_second": size / grouped / 1e6,
        "record_ratio_bare_write": once / seconds,
        "record_ratio_grouped_write": grouped / seconds,
        "lost_frames": missing,
    }


def latencies(scratch: Path, images: Images, frames: int) -> tuple[dict[str, np.ndarray], int]:
    """Return what `serve` adds to each frame, in ms by part, and the number of frames lost."""
    folder = scratch / "served"
    with running(serve(folder)) as run:
        assert run.publishes is not None
        subscriber = subscribed(run.publishes)

        def results(number: int) -> list[tuple[dict[str, Any], float]]:
            return [
                (json.loads(subscriber.recv_multipart()[1]), time.time()) for _ in range(number)
            ]

        with camera(images.path, run.listens, frames=WARM_UP):
            analysis_s = results(WARM_UP)[-1][0]["latency_ms"]["total"] / 1e3
        with camera(images.path, run.listens, first=WARM_UP, frames=frames, rate=0.5 / analysis_s):
            came = results(frames)
        run.stop()
    missing = lost(folder, images.pixels, range(WARM_UP + frames))
    shutil.rmtree(folder)
    parts = [_added_ms(summary, received) for summary, received in came]
    return {name: np.array([part[name] for part in parts]) for name in parts[0]}, missing


def _added_ms(summary: dict[str, Any], received: float) -> dict[str, float]:
    stages = summary["latency_ms"]
    sent, taken_in = summary["timestamp"], summary["received_at"]
    return {
        "analysis": stages["total"],
        "camera to serve": 1e3 * (taken_in - sent),
        "recording and queue": stages["arrival_to_result"] - stages["total"],
        "result recorded and published": 1e3 * (received - taken_in) - stages["arrival_to_result"],
        "added": 1e3 * (received - sent) - stages["total"],
    }


def show(figures: dict[str, float | int], parts: dict[str, np.ndarray], where: Path) -> None:
    table = Table("", "figure", "", title=f"frames of {SIDE}x{SIDE} uint16 on {_disk(where)}")
    row = _row_of(table, figures)
    row("record", "record_mb_per_second", "MB/s", "record_frames_per_second", "frames/s")
    row("one file", "bare_write_mb_per_second", "MB/s", "record_ratio_bare_write", "ours")
    row(
        "one file, by groups",
        "grouped_write_mb_per_second",
        "MB/s",
        "record_ratio_grouped_write",
        "ours",
    )
    table.add_section()
    table.add_row("of `serve`", "p50 ms", "p99 ms")
    for name, values in parts.items():
        table.add_row(name, f"{np.median(values):.1f}", f"{np.percentile(values, 99):.1f}")
    table.add_section()
    row(
        f"{SMALL_SIDE}x{SMALL_SIDE}, {SMALL_RATE} a second",
        "paced_frames_per_second",
        "frames/s",
        "paced_delay_p99_ms",
        "ms to `record`, p99",
    )
    row(f"{SMALL_SIDE}x{SMALL_SIDE}, at speed", "small_frames_per_second", "frames/s")
    table.add_section()
    table.add_row("frames sent", str(figures["frames"]), f"{figures['lost_frames']} lost")
    Console().print(table)


def _row_of(table: Table, figures: dict[str, float | int]) -> Callable[..., None]:
    def row(name: str, *keys_and_units: str) -> None:
        pairs = zip(keys_and_units[::2], keys_and_units[1::2], strict=True)
        table.add_row(name, *(f"{figures[key]:.3g} {unit}" for key, unit in pairs))

    return row


def _disk(path: Path) -> str:
    """Return the kind of file system that `path` lies on."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [mount for mount in mounts if path.is_relative_to(mount[0])]
    return max(holding, key=lambda mount: len(mount[0]))[1]


def main() -> None:
    parser = report.parser(__doc__, quick="fewer frames")
    parser.add_argument("--scratch", type=Path, help="record on the disk that this folder is on")
    options = parser.parse_args()
    frames, repeats, served, seconds = (32, 2, 8, 2) if options.quick else (200, 5, 200, SMALL_S)
    small_frames = seconds * SMALL_RATE
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        scratch = Path(folder).resolve()
        large, small = (Images.of(scratch, side) for side in (SIDE, SMALL_SIDE))
        figures = record_figures(scratch, large, frames, repeats)
        paced = recorded(scratch, small, small_frames, SMALL_RATE)
        at_speed = recorded(scratch, small, small_frames)
        parts, missing = latencies(scratch, large, served)
        figures |= {
            "paced_frames_per_second": small_frames / paced.seconds,
            "paced_delay_p99_ms": float(np.percentile(paced.delays_ms, 99)),
            "small_frames_per_second": small_frames / at_speed.seconds,
            "added_latency_p50_ms": float(np.median(parts["added"])),
            "added_latency_p99_ms": float(np.percentile(parts["added"], 99)),
            "frames": frames * repeats + 2 * small_frames + WARM_UP + served,
            "lost_frames": figures["lost_frames"] + paced.lost + at_speed.lost + missing,
        }
        show(figures, parts, scratch)
    report.write(options.json, figures)
    if figures["lost_frames"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
