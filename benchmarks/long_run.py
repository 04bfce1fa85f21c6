"""Thousands of frames through one analyser, and the start of `serve`: memory and seconds.

    python benchmarks/long_run.py [--quick] [--json PATH] [--frames N] [--side N]

Memory is the process' resident set after a tenth of the frames and at the end. The start is the
time from the command `skyrmlive serve` to its first result on the wire, the caches warm: the second
of two starts counts.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import report
import zmq
from lorentz_frame import lorentz_frame
from rich.console import Console
from rich.table import Table

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.engine_store import load_engine
from skyrmlive.stream.frame import Frame
from skyrmlive.stream.sender import FrameSender


def memory_growth(frame: Frame, frames: int) -> tuple[float, float]:
    """Return the resident set in MB after a tenth of the frames and after all of them."""
    analyser = SkyrmionAnalyser(load_engine())
    early = 0.0
    for index in range(frames):
        analyser.analyse(frame, index, 0.0)
        if index == frames // 10:
            early = report.resident_mb()
    return early, report.resident_mb()


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def start_seconds(frame: Frame) -> float:
    """Return the time from the command to the first result; the frame waits at the door."""
    listen, publish = free_address(), free_address()
    subscriber = zmq.Context.instance().socket(zmq.SUB)
    subscriber.subscribe("skyrmlive.result")
    subscriber.connect(publish)
    started = time.perf_counter()
    command = ["serve", "--listen", listen, "--publish", publish]
    serve = subprocess.Popen(
        [sys.executable, "-m", "skyrmlive.cli.main", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with FrameSender(listen) as sender:
            sender.send(frame)
            if not subscriber.poll(60_000):
                raise SystemExit("serve gave no result in a minute")
            return time.perf_counter() - started
    finally:
        serve.send_signal(signal.SIGINT)
        serve.wait(60)
        subscriber.close()


def main() -> None:
    parser = report.parser(__doc__, quick="fewer frames")
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=512, help="pixels")
    options = parser.parse_args()
    frames = 200 if options.quick else options.frames
    condition = load_engine().condition
    frame = lorentz_frame(options.side, condition)
    starts = [start_seconds(frame) for _ in range(2)]
    early, late = memory_growth(frame, frames)
    growth = 100 * (late / early - 1)
    table = Table("", "figure", title=f"frames of {options.side}x{options.side}")
    table.add_row("start to first result, caches warm", f"{starts[1]:.1f} s")
    table.add_row(f"resident after {frames // 10} frames", f"{early:.0f} MB")
    table.add_row(f"resident after {frames} frames", f"{late:.0f} MB ({growth:+.1f} %)")
    Console().print(table)
    figures = {
        "start_seconds": starts[1],
        "frames": frames,
        "rss_growth_percent": growth,
    }
    report.write(options.json, figures)


if __name__ == "__main__":
    main()
