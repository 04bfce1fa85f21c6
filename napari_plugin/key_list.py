"""The keys that act in the picture, to look up."""

from __future__ import annotations

from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from .steering import KEYS

_SHORT = {"Left": "←", "Right": "→", "Escape": "Esc"}


class KeyList(QWidget):
    """Two columns of keys and what they do."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 0, 0, 0)
        half = (len(KEYS) + 1) // 2
        for number, (key, does) in enumerate(KEYS.items()):
            row, column = number % half, 2 * (number // half)
            label = QLabel(f"<b>{_SHORT.get(key, key)}</b>")
            label.setToolTip("Acts while the picture has the focus: click into it first")
            grid.addWidget(label, row, column)
            grid.addWidget(QLabel(does), row, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
