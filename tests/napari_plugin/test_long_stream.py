"""An hour of results in a window, accelerated: what is kept of them stays bounded."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from skyrmlive.napari_plugin.history import History
from skyrmlive.napari_plugin.recent import RecentSnapshots
from skyrmlive.napari_plugin.selection import Traces
from skyrmlive.napari_plugin.thinning import SCREEN_POINTS
from skyrmlive.stream.frame import Frame

pytestmark = [pytest.mark.usefixtures("screen"), pytest.mark.timeout(300)]
#: A result every nine seconds of the hour, and how many come at once: sockets hold so many.
RESULTS, STEP_S, AT_ONCE = 400, 9.0, 8
SIDE = 128
#: What is kept is made smaller as the hour is made shorter, so that all of it is full by half-time.
HISTORY_ROWS, TRACE_FRAMES, RING_BYTES = 170, 10, 700_000
#: The summary alone of a result takes some kB: two hundred that stay would be above this.
LARGEST_GROWTH = 100_000
PATIENCE_MS, AGAIN_MS = 60_000, 500


def cut_out(frame, result):
    """Return the first corner of both."""
    table = result.table
    table = table[(table["y"] < SIDE) & (table["x"] < SIDE)].reset_index(drop=True)
    labels = np.ascontiguousarray(result.labels[:SIDE, :SIDE])
    pixels = np.ascontiguousarray(frame.pixels[:SIDE, :SIDE])
    return Frame(pixels, frame.metadata), replace(result, table=table, labels=labels)


def hour(sweep_frame):
    """Yield frames and results that begin and end tracks, in a field that goes up and down."""
    made = [cut_out(*sweep_frame(index)) for index in range(12)]
    for index in range(RESULTS):
        frame, result = made[index % len(made)]
        table = pickle.loads(pickle.dumps(result.table))  # pandas remembers each view of a table
        tracks = table["particle"] + 1000 * ((index + table["particle"]) // 60)
        moment = 1.7e9 + STEP_S * index
        new = {"frame": index, "seq": index, "timestamp": moment, "received_at": moment}
        new |= {"height": SIDE, "width": SIDE, "field_mt": 100 * np.sin(index / 20)}
        new["n_skyrmions"] = len(table) + index // 50 % 2 * 20
        yield (
            frame,
            replace(
                result,
                summary=result.summary.model_copy(update=new),
                table=table.assign(frame=index, particle=tracks),
            ),
        )


@pytest.fixture
def small(viewer, widget):
    """The widget with everything shown, and with room for part of the hour only."""
    viewer.window.resize(900, 700)
    model = widget.model
    model.history = History(limit=HISTORY_ROWS)
    model.view.traces = Traces(frames=TRACE_FRAMES)
    model.view.recent = RecentSnapshots(limit_bytes=RING_BYTES)
    widget.curves.events.number.setValue(20)
    for button in widget.curves.shown.values():
        button.setChecked(True)
    widget.curves.fit()
    return widget


def stored(widget):
    """Return how much there is of everything that is kept, beside what it may be."""
    model, curves = widget.model, widget.curves
    points = [
        len(item.xData)
        for plot in curves.plots.values()
        for item in plot.curves.values()
        if item.xData is not None
    ]
    return {
        "rows": (len(model.history), HISTORY_ROWS),
        "points of a curve": (max(points), SCREEN_POINTS + 4),
        "bytes of frames": (model.view.recent.nbytes, RING_BYTES),
        "frames of tracks": (len(model.view.traces._recent), TRACE_FRAMES),
        "lines of events": (curves.events.list.count(), 200),
        "marks of events": (max(len(plot._marks) for plot in curves.plots.values()), 40),
        "waiting": (len(widget.connection.mailbox._passed), 16 * AT_ONCE),
        "layers": (len(widget.viewer.layers), 3),
    }


def test_an_hour_leaves_no_more_behind_than_half_of_it(qtbot, small, publisher, sweep_frame):
    widget, held = small, []
    model = widget.model
    widget.connect_to_run(publisher.address)

    def drawn():
        newest = model.newest
        return newest is not None and newest.result.summary.frame >= result.summary.frame

    tracemalloc.start()
    try:
        stream = hour(sweep_frame)
        while pairs := list(islice(stream, AT_ONCE)):
            frame, result = pairs[-1]
            for each, found in pairs:
                publisher.publish(found, each)
            for _ in range(PATIENCE_MS // AGAIN_MS):
                try:
                    qtbot.waitUntil(drawn, timeout=AGAIN_MS)
                    break
                except qtbot.TimeoutError:  # the subscription was still on its way
                    publisher.publish(result, frame)
            assert drawn()
            too_much = {name: n for name, n in stored(widget).items() if n[0] > n[1]}
            assert not too_much
            if result.summary.frame + 1 in (RESULTS // 2, RESULTS):
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    # All of it was full, so that the bounds were put to the test.
    kept = stored(widget)
    assert kept["rows"][0] > HISTORY_ROWS // 2 - AT_ONCE
    assert kept["frames of tracks"][0] == TRACE_FRAMES
    assert kept["bytes of frames"][0] > 0.9 * RING_BYTES
    assert kept["marks of events"][0] > 0
    assert held[1] - held[0] < LARGEST_GROWTH
