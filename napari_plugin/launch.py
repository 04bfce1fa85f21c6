"""Opens napari with the live widget, for `serve --viewer` and `demo --viewer`."""

from __future__ import annotations

import napari
from napari.viewer import Viewer

from .widget import DEFAULT_ADDRESS, LiveWidget


def open_viewer(address: str = DEFAULT_ADDRESS) -> tuple[Viewer, LiveWidget]:
    """Open a napari window whose live widget is already watching `address`.

    Returns
    -------
    tuple
        The viewer and the widget. The caller keeps the viewer and starts Qt's event loop, or calls
        `watch` instead.
    """
    viewer = napari.Viewer(title="SkyrmNet Live")
    _, widget = viewer.window.add_plugin_dock_widget("skyrmlive")
    widget.connect_to_run(address)
    return viewer, widget


def watch(address: str = DEFAULT_ADDRESS) -> None:
    """Show the results published at `address` until the window is closed."""
    _viewer, _widget = open_viewer(address)  # held until the window closes
    napari.run()
