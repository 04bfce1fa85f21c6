"""Recordings that napari's own reader has put into the viewer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import QObject  # pyright: ignore[reportPrivateImportUsage]

from ..soon import soon
from .reader import RECORDING


class OfferedRecordings:
    """Waits for layers of a recording, and has the widget open it in their place.

    Parameters
    ----------
    viewer
        Whose layers are looked at.
    take
        Called with the folder, a moment later: napari is then done with the layer.
    owner
        Qt object that lives as long as somebody wants to know.
    """

    def __init__(self, viewer: Viewer, take: Callable[[Path], None], owner: QObject) -> None:
        self._viewer, self._take, self._owner = viewer, take, owner
        viewer.layers.events.inserted.connect(self._on_inserted)
        for layer in list(viewer.layers):
            self._look_at(layer)

    def close(self) -> None:
        """Wait no more."""
        self._viewer.layers.events.inserted.disconnect(self._on_inserted)

    def remove(self, path: Path) -> None:
        """Remove the layers of the recording at `path`."""
        for layer in list(self._viewer.layers):
            if layer.metadata.get(RECORDING) == str(path):
                self._viewer.layers.remove(layer)

    def _on_inserted(self, event: Any) -> None:
        self._look_at(event.value)

    def _look_at(self, layer: Any) -> None:
        path = layer.metadata.get(RECORDING)
        if path is not None:
            soon(self._owner, lambda: self._offer(path))

    def _offer(self, path: str) -> None:
        if any(layer.metadata.get(RECORDING) == path for layer in self._viewer.layers):
            self._take(Path(path))
