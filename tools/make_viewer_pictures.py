"""Draws the pictures of the viewer in README and guide, from the demo's simulated field sweep.

    tools/virtual_screen.sh --size 1600x1000 python tools/make_viewer_pictures.py

A real napari window listens to the default engine's results through a real publisher. Takes a
minute or two and writes `docs/pictures/viewer-*.png`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.engine_store import load_engine
from skyrmlive.stream.demo_sweep import camera_frames
from skyrmlive.stream.publisher import ResultPublisher

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
SIZE = (1360, 860)
LAST_FRAME = 57  # the number falls, and many are there still
PATIENCE_S = 60.0


def main() -> None:
    """Play the sweep and take the pictures."""
    if "DISPLAY" not in os.environ:
        sys.exit("There is no screen here: run it by tools/virtual_screen.sh.")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NAPARI_CONFIG"] = str(Path(folder) / "settings.yaml")
        take_pictures()


def take_pictures() -> None:
    """Open the viewer, play the sweep, and take the pictures."""
    from napari.viewer import Viewer

    from skyrmlive.napari_plugin.layers import FIVE_FOLD, SEVEN_FOLD

    viewer = Viewer()
    viewer.window.resize(*SIZE)
    _, widget = viewer.window.add_plugin_dock_widget("skyrmlive")
    # Room for the picture and the curves; the controls of layers are napari's own.
    viewer.window._qt_viewer.dockLayerControls.setVisible(False)
    viewer.window._qt_viewer.dockLayerList.setVisible(False)
    play(widget)
    axis = widget.curves.axis
    axis.setCurrentIndex(axis.findData("field_mt"))
    save(viewer, "viewer-live.png")

    widget.steering.set_colouring("diameter")
    viewer.theme = "light"
    save(viewer, "viewer-light.png")

    viewer.theme = "dark"
    widget.steering.set_colouring("psi6")
    for part in (FIVE_FOLD, SEVEN_FOLD):
        widget._layers.set_shown(part, True)
    snapshot = widget.model.displayed
    table = snapshot.result.table
    middle = ((table.y - 256) ** 2 + (table.x - 256) ** 2).idxmin()
    widget.model.view.click(snapshot, table.y[middle], table.x[middle])
    widget.steering.redraw()
    viewer.scene.camera.zoom *= 1.6
    save(viewer, "viewer-selection.png")
    viewer.close()


def play(widget: Any) -> None:
    """Publish the sweep, each frame when the one before is on the screen."""
    analyser = SkyrmionAnalyser(load_engine())
    with ResultPublisher("tcp://127.0.0.1:*") as publisher:
        widget.connect_to_run(publisher.address)
        wait_until(publisher.has_subscribers)
        for index, frame in enumerate(camera_frames()):
            result = analyser.analyse(frame, index, time.time())

            def shown(index: int = index) -> bool:
                newest = widget.model.newest
                return newest is not None and newest.result.summary.frame == index

            publisher.publish(result, frame)
            wait_until(shown)
            if index == LAST_FRAME:
                break
        widget._layers.finish()
        widget.curves.fit()
        widget._status_timer.stop()  # pictures are taken later: it would say that nothing comes


def wait_until(condition: Callable[[], bool]) -> None:
    """Let the window work until `condition` holds."""
    from qtpy.QtWidgets import QApplication

    until = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            sys.exit("The viewer did not show what was published.")
        QApplication.processEvents()
        time.sleep(0.01)


def fewer_greys(picture: np.ndarray) -> np.ndarray:
    """Return uint8 `picture` of shape (h, w, 3) with the noise of the frame in few levels.

    They leave the palette of 256 to all else: the lines keep their colours.
    """
    grey = np.ptp(picture.astype(np.int16), axis=2) < 3
    frame = np.zeros_like(grey)
    frame[:, : int(0.66 * picture.shape[1])] = True  # beside it is text, whose edges are fine
    levels = np.minimum(255, (picture.astype(np.int16) + 9) // 18 * 18).astype(np.uint8)
    return np.where((grey & frame)[..., None], levels, picture)


def save(viewer: Any, name: str) -> None:
    """Write the window as it is, in as few bytes as a picture of a noisy frame needs."""
    from qtpy.QtWidgets import QApplication

    for _ in range(20):
        QApplication.processEvents()
        time.sleep(0.02)
    picture = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
    Image.fromarray(fewer_greys(picture)).quantize(256, dither=Image.Dither.NONE).save(
        PICTURES / name, optimize=True
    )
    print(PICTURES / name, (PICTURES / name).stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
