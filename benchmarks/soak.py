"""`skyrmlive serve --record` for an hour: memory, file handles, threads, latency, losses.

    python benchmarks/soak.py [--quick] [--json PATH] [--minutes N] [--rate FPS]

Frames of 512x512 come at a rate that the analysis keeps up with, from a camera that leaves three
times a minute and is soon back, under the next number. A stage sends its temperature twice a second
over a connection of its own. One subscriber reads every result; another subscribes and then hangs.
Everything goes into one recording, a quarter of a megabyte a frame (4 GB in an hour), which is read
back in the end and then removed.

The first twelfth of the time is for warming up; the next sixth is held against the last: ten
minutes each in an hour. Memory is the resident set of the process. A minute (`--quick`) is too
short to judge memory and latency by: it only must not lose anything. Linux only.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import report
import zmq
from camera import WINDOWS, camera, tall_image
from recorded import lost
from running import running, serve, subscribed

from skyrmlive.inference.engine_store import load_engine
from skyrmlive.inference.rehearsal import lattice_frame
from skyrmlive.stream.recording import Recording
from skyrmlive.stream.sender import FrameSender
from skyrmlive.stream.stage import StageReading

SIDE = 512
FRAME_BYTES = 0.4e6  # on disk, with labels and results, and some to spare
CAMERA_S, AWAY_S = 18.0, 2.0
STAGE_S, SAMPLE_S = 0.5, 1.0
GROWTH_PERCENT, LATENCY_PERCENT = 2.0, 20.0


@dataclass
class Series:
    """Values in the order of their times, Unix seconds."""

    times: list[float] = field(default_factory=list)
    values: list[Sequence[float]] = field(default_factory=list)

    def add(self, time_s: float, *values: float) -> None:
        """Append the values of one instant."""
        self.times.append(time_s)
        self.values.append(values)

    def between(self, begin: float, end: float) -> np.ndarray:
        """Return the values from `begin` to `end`, shape (instants, values)."""
        times = np.array(self.times)
        return np.array(self.values)[(begin <= times) & (times < end)]


class Background(threading.Thread):
    """Calls `step` again and again until the block ends, and raises there what it raised."""

    def __init__(self, step: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._step = step
        self._ending = threading.Event()
        self._error: Exception | None = None

    def run(self) -> None:
        """Work; started with the block."""
        try:
            while not self._ending.is_set():
                self._step()
        except Exception as error:
            self._error = error

    def __enter__(self) -> Background:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self.join()
        if self._error is not None:
            raise self._error


def sampling(process_id: int, samples: Series) -> Callable[[], None]:
    """Return a step that notes resident MB, file handles and threads of a process."""
    process = Path("/proc") / str(process_id)

    def step() -> None:
        lines = (process / "status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        resident_mb = int(status["VmRSS"].split()[0]) * 1024 / 1e6
        handles = len(list((process / "fd").iterdir()))
        samples.add(time.time(), resident_mb, handles, int(status["Threads"]))
        time.sleep(SAMPLE_S)

    return step


def listening(subscriber: zmq.Socket, latencies: Series) -> Callable[[], None]:
    """Return a step that notes, of each result, the ms from the camera's send until it is here."""

    def step() -> None:
        if subscriber.poll(100):
            sent = json.loads(subscriber.recv_multipart()[1])["timestamp"]
            latencies.add(sent, 1e3 * (time.time() - sent))

    return step


def stage(sender: FrameSender) -> Callable[[], None]:
    """Return a step that sends one temperature."""

    def step() -> None:
        now = time.time()
        sender.send_stage(StageReading(now, {"temperature_k": 190 + 10 * np.sin(now / 60)}))
        time.sleep(STAGE_S)

    return step


def run(minutes: float, rate: float, scratch: Path) -> dict[str, float | int]:
    """Let it run and return the figures."""
    large, _ = lattice_frame(load_engine().condition, SIDE + WINDOWS)
    path, folder = scratch / "camera.npy", scratch / "recording"
    image = tall_image(path, large)
    samples, latencies = Series(), Series()
    sent = 0
    with running(serve(folder)) as command:
        assert command.publishes is not None
        hanging = subscribed(command.publishes, receive_hwm=1)
        reading = subscribed(command.publishes)
        begin = time.time()
        end = begin + 60 * minutes
        with (
            FrameSender(command.listens) as holder,
            Background(sampling(command.process.pid, samples)),
            Background(listening(reading, latencies)),
            Background(stage(holder)),
        ):
            while time.time() < end:
                frames = round(CAMERA_S * rate)
                with camera(path, command.listens, first=sent, frames=frames, rate=rate) as process:
                    process.wait()
                sent += frames
                time.sleep(AWAY_S)
            until = time.time() + 60
            while len(latencies.times) < sent and time.time() < until:
                time.sleep(0.1)
        command.stop()
        hanging.close()
        reading.close()
    recording = Recording(folder)
    metadata = [recording.metadata(place) for place in range(len(recording))]
    early, late = (
        (begin + (end - begin) * first, begin + (end - begin) * last)
        for first, last in ((1 / 12, 1 / 4), (5 / 6, 1.0))
    )
    figures: dict[str, float | int] = {
        "minutes": minutes,
        "frames": sent,
        "lost_frames": lost(folder, image, range(sent)),
        "lost_results": sent - len({summary.frame for summary in recording.summaries()}),
        "unpublished_results": sent - len(latencies.times),
        "frames_without_temperature": sum(frame.temperature_k is None for frame in metadata),
        "disk_gb": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e9,
    }
    for name, span in (("early", early), ("late", late)):
        resident_mb, handles, threads = np.median(samples.between(*span), axis=0)
        p50, p99 = np.percentile(latencies.between(*span), [50, 99])
        figures |= {
            f"resident_mb_{name}": float(resident_mb),
            f"file_handles_{name}": int(handles),
            f"threads_{name}": int(threads),
            f"latency_p50_ms_{name}": float(p50),
            f"latency_p99_ms_{name}": float(p99),
        }
    figures["rss_growth_percent"] = _change(figures, "resident_mb")
    figures["latency_change_percent"] = _change(figures, "latency_p50_ms")
    return figures


def _change(figures: dict[str, float | int], name: str) -> float:
    return 100 * (figures[f"{name}_late"] / figures[f"{name}_early"] - 1)


def faults(figures: dict[str, float | int], *, quick: bool) -> list[str]:
    """Return what should not be, by the names of the figures."""
    found = [
        name for name in ("lost_frames", "lost_results", "unpublished_results") if figures[name]
    ]
    if quick:
        return found
    limits = {"rss_growth_percent": GROWTH_PERCENT, "latency_change_percent": LATENCY_PERCENT}
    found += [name for name, limit in limits.items() if figures[name] > limit]
    return found + [
        name
        for name in ("file_handles", "threads")
        if figures[f"{name}_late"] != figures[f"{name}_early"]
    ]


def main() -> None:
    parser = report.parser(__doc__, quick="one minute")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=4.0, help="frames a second")
    options = parser.parse_args()
    minutes = 1.0 if options.quick else options.minutes
    with tempfile.TemporaryDirectory() as scratch:
        needed = 60 * minutes * options.rate * FRAME_BYTES
        if shutil.disk_usage(scratch).free < needed:
            raise SystemExit(f"benchmarks/soak.py needs {needed / 1e9:.1f} GB in {scratch}.")
        figures = run(minutes, options.rate, Path(scratch))
    report.show(f"{minutes:g} minutes of {SIDE}x{SIDE} frames", figures)
    report.write(options.json, figures)
    if found := faults(figures, quick=options.quick):
        raise SystemExit("Not as it should be: " + ", ".join(found) + ".")


if __name__ == "__main__":
    main()
