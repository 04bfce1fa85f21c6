"""Opening a recording in napari, and moving its slider: how long, and what is read.

A recording is made of synthetic frames with synthetic results, of the length and size asked for;
its opening is then measured in a real napari window. Wall times are the best of several, and CPU
times stand beside them, so that a busy machine does not spoil the figures.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import report

from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.recording import RunRecorder
from skyrmlive.stream.result import TABLE_DTYPES, FrameResult, ResultSummary, empty_table

_PATIENCE_S = 600
_DISC_PX = 9
_GROUP = 32


def make_recording(path: Path, n_frames: int, side: int, n_skyrmions: int) -> None:
    """Record frames of discs on a grid, each with its table and label image."""
    rng = np.random.default_rng(0)
    per_row = int(np.ceil(np.sqrt(n_skyrmions)))
    grid = (np.indices((per_row, per_row)).reshape(2, -1).T[:n_skyrmions] + 0.5) * side / per_row
    labels = _discs(grid, side)
    noise = rng.poisson(1000, (side, side)).astype(np.uint16)
    table = _table(grid, n_skyrmions)
    recorder = RunRecorder(path)
    for start in range(0, n_frames, _GROUP):
        group = range(start, min(start + _GROUP, n_frames))
        recorder.append([(_frame(noise, index), 1.7e9 + index) for index in group])
    for index in range(n_frames):
        summary = ResultSummary(
            frame=index,
            timestamp=1.7e9 + index,
            received_at=1.7e9 + index,
            height=side,
            width=side,
            pixel_size_nm=3.0,
            field_mt=0.1 * index,
            n_skyrmions=n_skyrmions,
            mean_diameter_nm=30.0 + np.sin(index / 50),
            std_diameter_nm=2.0,
            mean_psi6_abs=0.9,
            engine="benchmark",
            analysed="replay",
        )
        result = FrameResult(summary, table.assign(frame=index), labels, _metadata(index))
        recorder.append_result(index, result)
    recorder.close()


def _frame(noise: np.ndarray, index: int) -> Frame:
    return Frame(np.roll(noise, index, axis=1), _metadata(index))


def _metadata(index: int) -> FrameMetadata:
    moment = 1.7e9 + index
    return FrameMetadata(seq=index, timestamp=moment, pixel_size_nm=3.0, field_mt=0.1 * index)


def _discs(grid: np.ndarray, side: int) -> np.ndarray:
    labels = np.zeros((side, side), np.uint16)
    for number, (y, x) in enumerate(grid.astype(int), 1):
        labels[y - 4 : y + 5, x - 4 : x + 5] = number
    return labels


def _table(grid: np.ndarray, n_skyrmions: int) -> pd.DataFrame:
    table = empty_table().reindex(range(n_skyrmions))
    table["frame"], table["particle"] = 0, range(n_skyrmions)
    table["label"] = range(1, n_skyrmions + 1)
    table[["y", "x"]] = grid
    table[["y_nm", "x_nm"]] = 3.0 * grid
    table["area"] = _DISC_PX**2
    table["equivalent_diameter_area"], table["diameter_nm"] = 10.0, 30.0
    table["confidence"], table["psi6_abs"] = 0.95, 0.9
    table["touches_border"] = table["is_stripe"] = False
    table["n_neighbours"] = 6
    return table.astype(TABLE_DTYPES)


def measure(path: Path, n_frames: int, repeats: int) -> dict[str, float]:
    """Open the recording in a window several times and move the slider."""
    import napari
    from qtpy.QtWidgets import QApplication

    viewer = napari.Viewer(show=True)
    _, widget = viewer.window.add_plugin_dock_widget("skyrmlive")
    mode = widget.recordings

    def until(is_done: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE_S
        while not is_done():
            QApplication.processEvents()
            time.sleep(0.002)
            if time.monotonic() > end:
                raise SystemExit("The window did not come to an end.")

    def shows() -> bool:
        shown = mode.shown
        return shown is not None and shown.snapshot.result.summary.frame == mode.frame

    first, whole, first_cpu, whole_cpu = [], [], [], []
    n_read = 0
    for _ in range(repeats):
        mode.close()
        wall, cpu = time.perf_counter(), time.process_time()
        widget.open_recording(path)
        QApplication.processEvents()
        first.append(time.perf_counter() - wall)
        first_cpu.append(time.process_time() - cpu)
        n_read = mode.run.images.n_read
        until(lambda: mode.history_is_complete and shows())
        whole.append(time.perf_counter() - wall)
        whole_cpu.append(time.process_time() - cpu)
        until(lambda: mode.survey_is_complete)
    steps, jumps = [], []
    rng = np.random.default_rng(1)
    for times, frames in (
        (steps, range(10, 40)),
        (jumps, rng.integers(50, n_frames, 20)),
    ):
        for frame in frames:
            cpu = time.thread_time()
            mode.go_to(int(frame))
            until(shows)
            times.append(time.thread_time() - cpu)
    figures = {
        "frames": n_frames,
        "until_first_frame_s": min(first),
        "until_first_frame_cpu_s": min(first_cpu),
        "until_all_curves_s": min(whole),
        "until_all_curves_cpu_s": min(whole_cpu),
        "frames_read_until_shown": n_read,
        "step_main_thread_cpu_median_ms": 1e3 * float(np.median(steps)),
        "jump_main_thread_cpu_median_ms": 1e3 * float(np.median(jumps)),
    }
    viewer.close()
    return figures


def main() -> None:
    parser = report.parser(__doc__, "500 frames, opened twice")
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--skyrmions", type=int, default=100)
    options = parser.parse_args()
    n_frames = 500 if options.quick else options.frames
    os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "napari.yaml"))
    folder = Path(tempfile.mkdtemp(prefix="open-recording-"))
    try:
        path = folder / "run.ome.zarr"
        make_recording(path, n_frames, options.side, options.skyrmions)
        figures = measure(path, n_frames, 2 if options.quick else 5)
    finally:
        shutil.rmtree(folder)
    side = options.side
    report.show(f"Opening {n_frames} frames of {side} x {side}", figures)
    report.write(options.json, figures)


if __name__ == "__main__":
    main()
