"""Work for when the event at hand is over."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer  # pyright: ignore[reportPrivateImportUsage]


def soon(owner: QObject, do: Callable[[], object]) -> None:
    """Call `do` from the event loop, unless `owner` is gone by then.

    `QTimer.singleShot` takes an owner in PySide6 alone, not in PyQt6.
    """
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: do())
    timer.timeout.connect(timer.deleteLater)
    timer.start(0)
