"""Thousands of results for a window, faster than it can draw them, and what stays in memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import report

from skyrmlive.napari_plugin.births import BirthCounter
from skyrmlive.napari_plugin.snapshot import Delivery, Snapshot

#: Results for each that is drawn; the others are only numbers in the curves, as when the window is
#: late: to draw thousands takes a quarter of an hour where there is no GPU.
RESULTS_PER_DRAWN = 10
#: The recent frames and the diameters of the tracks are then full.
WARM_RESULTS = 1100
_LIFE_FRAMES = 200
_TRACKS_AT_ONCE = 10_000
_CAMERA_HZ = 10.0
_TELL_S = 10.0


@dataclass
class Stream:
    """New snapshots without end, copied from some that have been received.

    Their numbers and times go on as those of a camera at ten frames a second. Each skyrmion gets a
    new track every 200 frames, so that tracks begin and end in every frame of a crowded image.

    Parameters
    ----------
    received
        Snapshots to copy in turn.
    """

    received: Sequence[Snapshot]
    number: int = 0
    _counter: BirthCounter = field(default_factory=BirthCounter)

    def next(self) -> Snapshot:
        """Return the next one, which shares no array with the others."""
        number, template = self.number, self.received[self.number % len(self.received)]
        self.number += 1
        result, pixels = template.result, template.pixels
        label = result.table["label"]
        table = result.table.assign(
            frame=number, particle=label + _TRACKS_AT_ONCE * ((number + label) // _LIFE_FRAMES)
        )
        moment = 1.7e9 + number / _CAMERA_HZ
        new = {"frame": number, "seq": number, "timestamp": moment, "received_at": moment}
        new["field_mt"] = 100 * np.sin(number / 500)
        summary = result.summary.model_copy(update=new)
        result = replace(result, summary=summary, table=table)
        changes = self._counter.follow(result, None if pixels is None else pixels.dtype)
        copied = None if pixels is None else pixels.copy()
        return Snapshot(result, copied, deepcopy(template.outlines), changes)


def memory_figures(widget: Any, results: int) -> dict[str, float]:
    """Return how resident set and main-thread work stand at the end against their beginning.

    Parameters
    ----------
    widget
        Has just shown a run; it is disconnected from it, and its frames are what is copied.
    results
        How many are taken in, `WARM_RESULTS` included. These are not drawn; of the others the
        second tenth is held against the last, since with the first ones the window makes its
        layers and textures.
    """
    from qtpy.QtWidgets import QApplication

    received = widget.model.view.recent.until_held(12)
    widget.disconnect_from_run()
    widget.model.clear()
    stream, mailbox = Stream(received), widget.connection.mailbox
    for _ in range(WARM_RESULTS):
        widget.model.add(Delivery(stream.next()), time.monotonic())
    seen: list[tuple[int, float, float]] = []  # results, ms of the handler, MB
    started = told = time.monotonic()
    while stream.number < results:
        for _ in range(RESULTS_PER_DRAWN):
            mailbox.put(stream.next())
        begun = time.thread_time()
        widget.refresh()
        spent_s = time.thread_time() - begun
        while widget._layers.is_drawing:  # by the thread
            QApplication.processEvents()
            begun = time.thread_time()
            widget.refresh()
            spent_s += time.thread_time() - begun
            time.sleep(0.001)
        QApplication.processEvents()
        seen.append((stream.number, 1e3 * spent_s, report.resident_mb()))
        if time.monotonic() > told + _TELL_S:
            told = time.monotonic()
            print(f"  {stream.number} results, {seen[-1][2]:.0f} MB", flush=True)
    wall_s = time.monotonic() - started
    number, handler_ms, resident_mb = np.array(seen).T
    tenth = (number[-1] - number[0]) / 10
    early = (number > number[0] + tenth) & (number <= number[0] + 2 * tenth)
    late = number >= number[-1] - tenth
    before_mb, after_mb = np.median(resident_mb[early]), np.median(resident_mb[late])
    return {
        "memory_results": float(len(widget.model.history)),
        "memory_results_hz": float(number[-1] - number[0]) / wall_s,
        "memory_drawn": float(len(seen)),
        "handler_at_first_p50_ms": float(np.median(handler_ms[early])),
        "handler_at_last_p50_ms": float(np.median(handler_ms[late])),
        "rss_mb": float(after_mb),
        "rss_growth_percent": float(100 * (after_mb / before_mb - 1)),
    }
