"""`skyrmlive record` and `serve --record` killed at random instants, and what is then on disk.

    python benchmarks/killed_serves.py [--quick] [--json PATH] [--kills N]

Every second kill hits `serve` with the shipped engine, the others `record`, whose camera sends as
fast as its frames are taken. The instants are random under load, in half of the runs counted from
the first frame on disk, in the others from when frames are awaited, so that some fall into the
making of a recording; one in four falls into the end of a run that was asked to stop. Two cameras
go on sending throughout: the next run takes their frames at the same address and records beside the
one killed.

A camera gets no answer for its frames, so a frame counts as acknowledged once its line in the index
is whole. Such frames must read back bit for bit as they were sent, and none between them may be
missing; `skyrmlive record --check` must find nothing torn; two replays must give the same table to
the last bit, and so must the results that were recorded before the kill, but for the number of the
track where the run had not come to its end. A kill leaves what was written to the kernel: a power
cut is not tried here.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.csv as csv
import report
from camera import WINDOWS, camera, tall_image
from recorded import acknowledged, altered
from running import free_address, record, running, serve, skyrmlive

from skyrmlive.inference.engine_store import load_engine
from skyrmlive.inference.rehearsal import lattice_frame
from skyrmlive.stream.recording import Recording
from skyrmlive.stream.result import TABLE_DTYPES
from skyrmlive.stream.tables import SCHEMA

SIDE = 192
SERVE_RATE = 20.0  # frames a second: on two cores more than are analysed, so that some wait
LOAD_S, ENDING_S = 3.0, 1.0
BEGUN_SHARE, ENDING_SHARE = 0.5, 0.25
PATIENCE_S = 60.0
#: What must be zero at the end.
FAULTS = (
    "altered_frames",
    "gaps",
    "damaged_recordings",
    "differing_results",
    "differing_replays",
)


def kill(words: list[object], folder: Path, rng: np.random.Generator) -> None:
    """Run a command under load and kill it, now and then only after it was asked to stop.

    Raises
    ------
    RuntimeError
        If it records nothing.
    """
    with running(words) as run:
        if rng.uniform() < BEGUN_SHARE:
            _wait_for_frames(folder / "frames.jsonl")
        time.sleep(LOAD_S * rng.uniform() ** 2)  # denser at the beginning
        if rng.uniform() < ENDING_SHARE:
            run.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.process.wait(ENDING_S * rng.uniform())
        run.process.kill()


def _wait_for_frames(index: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while not (index.exists() and index.stat().st_size):
        if time.monotonic() > until:
            raise RuntimeError(f"No frame comes into {index}.")
        time.sleep(0.01)


def frames_found(recording: Path, image: np.ndarray) -> Counter[str]:
    """Count what a recording acknowledges, and what is wrong with it."""
    numbers = acknowledged(recording)
    begun = (recording / "run.json").exists()
    damaged = begun and skyrmlive("record", "--check", recording).returncode != 0
    return Counter(
        recordings=begun,
        frames=len(numbers),
        damaged_recordings=damaged or (bool(numbers) and not begun),
        altered_frames=altered(recording, image),
        gaps=int(np.count_nonzero(np.diff(numbers) != 1)),
    )


def results_found(recording: Path, scratch: Path) -> Counter[str]:
    """Replay a recording twice; count the results it holds, and what differs."""
    tables = [scratch / f"{recording.name}-{replay}" for replay in range(2)]
    with ThreadPoolExecutor() as pool:
        ends = list(pool.map(lambda out: skyrmlive("replay", recording, "--out", out), tables))
    if any(end.returncode for end in ends):
        return Counter(differing_replays=1)
    first, second = ((out / "skyrmions.csv").read_bytes() for out in tables)
    exact = csv.ConvertOptions(column_types=SCHEMA)
    again = csv.read_csv(tables[0] / "skyrmions.csv", convert_options=exact).to_pandas()
    stored = Recording(recording)
    differing = unlike(stored, again.astype(TABLE_DTYPES))
    return Counter(
        results=len(stored.summaries()),
        differing_results=differing,
        differing_replays=first != second,
    )


def unlike(recording: Recording, again: pd.DataFrame) -> int:
    """Return for how many frames the recorded rows are not those of a replay."""
    columns = list(TABLE_DTYPES)
    if not recording.run.get("settled"):
        columns.remove("particle")
    before, after = (_by_frame(table, columns) for table in (recording.table(), again))
    frames = [summary.frame for summary in recording.summaries()]
    return sum(not _same(before.get(frame), after.get(frame)) for frame in frames)


def _by_frame(table: pd.DataFrame, columns: list[str]) -> dict[Any, pd.DataFrame]:
    ordered = table.sort_values(["frame", "label"])
    groups = ordered.groupby("frame").indices
    return {frame: ordered.iloc[rows][columns] for frame, rows in groups.items()}


def _same(rows: pd.DataFrame | None, others: pd.DataFrame | None) -> bool:
    if rows is None or others is None:  # a frame without skyrmions
        return rows is others
    return rows.reset_index(drop=True).equals(others.reset_index(drop=True))


def run(kills: int, scratch: Path) -> dict[str, int]:
    """Kill so often, look at every recording, and return the figures."""
    rng = np.random.default_rng()
    large, _ = lattice_frame(load_engine().condition, SIDE + WINDOWS)
    path = scratch / "camera.npy"
    image = tall_image(path, large)
    to_record, to_serve = free_address(), free_address()
    figures = Counter(kills=kills)
    with camera(path, to_record), camera(path, to_serve, rate=SERVE_RATE):
        for number in range(kills):
            folder = scratch / f"run{number}"
            analysed = number % 2 == 1
            words = serve(folder, listen=to_serve) if analysed else record(folder, listen=to_record)
            kill(words, folder, rng)
            found = frames_found(folder, image)
            if analysed and found["frames"]:
                found += results_found(folder, scratch)
            if any(found[fault] for fault in FAULTS):
                print(f"{folder}: {dict(found)}")
            figures.update(found)
    names = ("kills", "recordings", "frames", "results", *FAULTS)
    return {name: int(figures[name]) for name in names}


def main() -> None:
    parser = report.parser(__doc__, quick="4 kills")
    parser.add_argument("--kills", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = run(4 if options.quick else options.kills, Path(scratch))
    report.show(f"frames of {SIDE}x{SIDE}, runs killed and read back", figures)
    report.write(options.json, figures)
    if any(figures[fault] for fault in FAULTS):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
