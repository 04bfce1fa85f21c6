"""A part of the dock that folds away."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QToolButton, QVBoxLayout, QWidget


class Group(QWidget):
    """A heading to click on, with a widget below that it shows or hides.

    Parameters
    ----------
    title
        The heading.
    content
        What folds away.
    open_at_first
        Whether the content is visible at first.
    """

    def __init__(self, title: str, content: QWidget, *, open_at_first: bool = True) -> None:
        super().__init__()
        self.content = content
        self.heading = QToolButton()
        self.heading.setText(title)
        self.heading.setToolTip(f"Show or hide: {title.lower()}")
        self.heading.setCheckable(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setAutoRaise(True)
        self.heading.toggled.connect(self._fold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.heading)
        layout.addWidget(content)
        self.heading.setChecked(open_at_first)
        self._fold(open_at_first)

    def _fold(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)
        self.content.setVisible(is_open)
