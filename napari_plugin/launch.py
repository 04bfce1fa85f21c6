"""Opens napari with the live widget, for `serve --viewer` and `demo --viewer`."""

from __future__ import annotations

from pathlib import Path

import napari
from napari.viewer import Viewer

from .widget import DEFAULT_ADDRESS, LiveWidget


def open_viewer(
    address: str = DEFAULT_ADDRESS,
    server_key: str = "",
    keys_folder: Path | None = None,
    *,
    insecure: bool = False,
) -> tuple[Viewer, LiveWidget]:
    """Open a napari window whose live widget is already watching, see `connect_to_run`.

    Returns
    -------
    tuple
        The viewer and the widget. The caller keeps the viewer and starts Qt's event loop, or calls
        `watch` instead.
    """
    viewer = napari.Viewer(title="SkyrmNet Live")
    _, widget = viewer.window.add_plugin_dock_widget("skyrmlive")
    widget.connect_to_run(address, server_key, keys_folder, insecure=insecure)
    return viewer, widget


def watch(
    address: str = DEFAULT_ADDRESS,
    server_key: str = "",
    keys_folder: Path | None = None,
    *,
    insecure: bool = False,
) -> None:
    """Show the results published at `address` until the window is closed."""
    # Held until the window closes.
    held = open_viewer(address, server_key, keys_folder, insecure=insecure)
    napari.run()
    del held
