"""What napari's command palette and menus offer beside the dock widget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from napari.layers import Image
from napari.qt.threading import create_worker
from napari.utils.notifications import show_info, show_warning
from napari.viewer import Viewer

from ..stream.errors import UserError
from ..stream.result import FrameResult
from .layer_frames import LayerFrames, in_words, layers_of
from .widget import LiveWidget

_PLUGIN = "skyrmlive"


def open_widget(viewer: Viewer) -> LiveWidget:
    """Open the dock widget, or return the one that is open."""
    _, widget = viewer.window.add_plugin_dock_widget(_PLUGIN)
    assert isinstance(widget, LiveWidget)
    return widget


def connect(viewer: Viewer) -> None:
    """Watch the run at the address in the dock widget, at first the usual one."""
    widget = open_widget(viewer)
    if widget.connection.address is None:
        widget.connect_or_disconnect()


def start_run(viewer: Viewer) -> None:
    """Start a run on this computer with the choices in the dock widget."""
    open_widget(viewer).desk.start()


def stop_run(viewer: Viewer) -> None:
    """Stop the run that was started here; what has come is finished."""
    desk = open_widget(viewer).desk
    if not desk.running:
        show_info("No run that was started here goes on.")
    desk.stop()


def hold_or_live(viewer: Viewer) -> None:
    """Hold the picture, or let it be live again."""
    open_widget(viewer).steering.hold_or_live()


def open_sample(viewer: Viewer) -> None:
    """Open the simulated field sweep."""
    viewer.open_sample(_PLUGIN, "field_sweep")


def segment_layer(viewer: Viewer) -> Any:
    """Find the skyrmions in the image that is shown of the selected layer.

    Returns
    -------
    object
        napari's worker; None if there is nothing to analyse.
    """
    return _analyse(viewer, tracks=False)


def track_layer(viewer: Viewer) -> Any:
    """Find the skyrmions in all images of the selected stack, and follow them.

    Returns
    -------
    object
        napari's worker; None if there is nothing to analyse.
    """
    return _analyse(viewer, tracks=True)


def _selected_image(viewer: Viewer) -> Image | None:
    """Return the selected image layer, or the only one there is."""
    selected = [layer for layer in viewer.layers.selection if isinstance(layer, Image)]
    images = selected or [layer for layer in viewer.layers if isinstance(layer, Image)]
    if len(images) == 1:
        return images[0]
    show_warning("Select one image layer: its skyrmions will be found.")
    return None


def _analyse(viewer: Viewer, *, tracks: bool) -> Any:
    """Analyse the image that is shown of the selected layer; to find tracks, the whole of it."""
    layer = _selected_image(viewer)
    if layer is None:
        return None
    only = None
    if not tracks:
        only = int(viewer.dims.current_step[-3]) if layer.ndim == 3 else 0
    try:
        frames = LayerFrames.of(layer)
    except UserError as error:
        show_warning(str(error))
        return None
    engine = _chosen_engine(viewer)
    results: list[FrameResult] = []

    def work() -> Iterator[FrameResult]:
        yield from frames.analysed(engine, only=only)

    def finished() -> None:
        if not results:
            return
        for found in layers_of(frames, results, tracks=tracks):
            viewer.add_layer(found)
        show_info(in_words(results))

    total = 1 if only is not None else len(frames.images)
    return create_worker(
        work,
        _progress={"total": total, "desc": "Finding skyrmions"},
        _connect={
            "yielded": results.append,
            "finished": finished,
            "errored": lambda error: show_warning(str(error)),
        },
    )


def _chosen_engine(viewer: Viewer) -> str | None:
    """Return the engine that the dock widget says, None where it is not open or leaves it open."""
    for widget in getattr(viewer.window, "dock_widgets", {}).values():
        if isinstance(widget, LiveWidget):
            return widget.desk.engines.engine
    return None
