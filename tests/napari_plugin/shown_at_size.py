"""Shows the dock widget with a frame on a screen of some size, and tells what is clipped.

`python shown_at_size.py PICKLE PNG WIDTH HEIGHT DOCK_WIDTH THEME`, sizes in logical pixels; the
pickle holds a frame and its result. Prints the texts that do not fit, as JSON.
"""

import json
import pickle
import sys
import time

import napari
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QApplication, QDockWidget, QLabel, QMainWindow

from skyrmlive.napari_plugin.snapshot import Snapshot


def settle(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def clipped(widget):
    """Return the texts of visible labels and buttons that are larger than their room."""
    found = []
    for each in widget.findChildren(QAbstractButton):
        text = each.text()
        if each.isVisible() and text and each.fontMetrics().horizontalAdvance(text) > each.width():
            found.append(text)
    for label in widget.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        if label.wordWrap():
            fits = label.heightForWidth(label.width()) <= label.height() + 1
        else:
            fits = label.sizeHint().width() <= label.width() + 1
        if not fits:
            found.append(label.text())
    return found


def main():
    """Show, look, and close again."""
    path, png, width, height, dock_width, theme = sys.argv[1:]
    with open(path, "rb") as file:
        frame, result = pickle.load(file)
    viewer = napari.Viewer()
    viewer.theme = theme
    dock, widget = viewer.window.add_plugin_dock_widget("skyrmlive")
    while not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    window = dock.parentWidget()
    assert isinstance(window, QMainWindow)
    viewer.window.resize(int(width), int(height))
    while not widget.desk.engines.engines:
        settle(0.05)
    widget.desk.panel.recordings.set_text("~")
    widget.connection.mailbox.put(Snapshot.of(result, frame.pixels))
    while "frame" not in viewer.layers:
        widget.refresh()
        settle(0.05)
    window.resizeDocks([dock], [int(dock_width)], Qt.Orientation.Horizontal)
    settle(2.0)
    viewer.screenshot(png, canvas_only=False, flash=False)
    answer = {
        "clipped": clipped(widget),
        "dock width": widget.width(),
        "warning": widget.desk.engines.warning.text(),
        "ratio": window.devicePixelRatioF(),
        "window": [window.width(), window.height()],
    }
    print(json.dumps(answer), flush=True)
    viewer.close()


if __name__ == "__main__":
    main()
