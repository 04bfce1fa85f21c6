"""The viewer under load: what a result costs the window, its pace, and its memory.

    python benchmarks/viewer.py [--quick] [--json PATH] [--side N] [--rate FPS] [--results N]

A real napari window of 1600x1000 in a virtual screen, with software rendering, listens to a real
`ResultPublisher` in a process of its own: frames of 2048x2048 with 1500 skyrmions, ten a second.
First with what is shown by default, then with everything. Two figures of the main thread, as its
processor time: of our own work for a result, in the timer's handler, and of everything from one
result to the next, with napari's and Qt's painting (the virtual screen has no GPU, so Qt puts the
window together in software). Then thousands of results more, copies of those received, come
as fast as they can be taken in, and one in ten is drawn; once all that is kept for a while is full,
the resident set at the beginning is held against that at the end. The
pace is how often a second the window's timer, which asks for 25, was served. The floor is the same
window with napari alone: how long one image takes to be shown again, new and unchanged. Linux only.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import report
from moving_lattice import published
from viewer_memory import RESULTS_PER_DRAWN, memory_figures

SCREEN = Path(__file__).parents[1] / "tools" / "virtual_screen.sh"
WARM_RESULTS = 10


@dataclass
class Costs:
    """What was measured while results came, s of the main thread's processor time."""

    handlers: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    ticks: int = 0
    wall_s: float = 0.0


def measure(widget: Any, results: int) -> Costs:
    """Let the window run until so many results are drawn."""
    from qtpy.QtCore import QEventLoop, QTimer

    costs, loop = Costs(), QEventLoop()
    handle, seen = widget.refresh, [-1]
    spent, last = [0.0], [time.thread_time()]

    def refresh() -> None:
        begun = time.thread_time()
        handle()
        spent[0] += time.thread_time() - begun
        costs.ticks += 1
        newest = widget.model.newest
        if newest is None or newest.result.summary.frame == seen[0]:
            return
        seen[0] = newest.result.summary.frame
        now = time.thread_time()
        costs.whole.append(now - last[0])
        costs.handlers.append(spent[0])
        spent[0], last[0] = 0.0, now
        if len(costs.whole) > results:
            loop.quit()

    timer = QTimer()
    timer.setInterval(widget._timer.interval())
    timer.timeout.connect(refresh)
    widget._timer.stop()
    started = time.monotonic()
    timer.start()
    loop.exec()
    timer.stop()
    costs.wall_s = time.monotonic() - started
    widget._timer.start()
    costs.handlers, costs.whole = costs.handlers[1:], costs.whole[1:]
    return costs


def napari_alone(viewer: Any, side: int) -> dict[str, float]:
    """Return the ms until an image is on the screen, by the clock, once it is drawn anew."""
    from qtpy.QtWidgets import QApplication

    layer = viewer.add_image(np.zeros((side, side), np.uint16), contrast_limits=(0, 1000))

    def unchanged() -> None:
        layer.opacity = 1.5 - layer.opacity  # the least that makes napari draw the window

    def new() -> None:
        layer.data[:] += 1
        layer.refresh(extent=False, thumbnail=False, highlight=False)

    layer.opacity = 0.5
    figures = {}
    for name, act in (("unchanged", unchanged), ("new", new)):
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            act()
            QApplication.processEvents()
            times.append(time.perf_counter() - begun)
        figures[f"napari_alone_{name}_image_ms"] = 1e3 * float(np.median(times))
    viewer.layers.clear()
    return figures


def main() -> None:
    parser = report.parser(__doc__, quick="fewer results")
    parser.add_argument("--side", type=int, default=2048, help="pixels")
    parser.add_argument("--rate", type=float, default=10.0, help="results a second")
    parser.add_argument("--results", type=int, default=10_000, help="of which memory is judged")
    options = parser.parse_args()
    if "SKYRMLIVE_VIRTUAL_SCREEN" not in os.environ:
        os.execv(SCREEN, [str(SCREEN), sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NAPARI_CONFIG"] = str(Path(folder) / "settings.yaml")
        figures = measured(options.side, options.rate, options.quick, options.results)
    report.show(
        f"napari, {options.side}x{options.side}, {options.rate:g} results a second", figures
    )
    report.write(options.json, figures)


def measured(side: int, rate_hz: float, quick: bool, results: int) -> dict[str, float]:
    """Return all figures."""
    from napari.viewer import Viewer

    from skyrmlive.napari_plugin.layers import PARTS

    say("napari alone")
    viewer = Viewer()
    viewer.window.resize(1600, 1000)
    figures = napari_alone(viewer, side)
    _, widget = viewer.window.add_plugin_dock_widget("skyrmlive")
    count = 40 if quick else 200
    say("finding what will be published")
    with published(side, rate_hz) as address:
        widget.connect_to_run(address)
        for name, parts in (("", ()), ("everything_", PARTS)):
            for part in parts:
                widget._layers.set_shown(part, True)
            say(f"{count} results, {'with everything' if parts else 'as at first'}")
            measure(widget, WARM_RESULTS)
            costs = measure(widget, count)
            handlers, whole = 1e3 * np.array(costs.handlers), 1e3 * np.array(costs.whole)
            figures |= {
                f"{name}handler_p50_ms": float(np.median(handlers)),
                f"{name}handler_p95_ms": float(np.percentile(handlers, 95)),
                f"{name}main_thread_p50_ms": float(np.median(whole)),
                f"{name}main_thread_p95_ms": float(np.percentile(whole, 95)),
                f"{name}display_hz": costs.ticks / costs.wall_s,
                f"{name}results_hz": len(costs.whole) / costs.wall_s,
            }
        results = min(results, 2500) if quick else results
        say(f"{results} results for the memory, one in {RESULTS_PER_DRAWN} drawn")
        figures |= memory_figures(widget, results)
    viewer.close()
    return figures


def say(phase: str) -> None:
    """Tell which phase begins: all of them take minutes together."""
    print(f"{time.strftime('%H:%M:%S')} {phase}", flush=True)


if __name__ == "__main__":
    main()
