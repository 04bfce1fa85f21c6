"""A folder to type or to choose."""

from __future__ import annotations

from qtpy.QtCore import Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QToolButton, QWidget


class FolderEntry(QWidget):
    """A line for the path of a folder, and a button that opens the folder dialog.

    Parameters
    ----------
    title
        Of the dialog.
    tooltip
        Of the line.
    """

    changed = Signal()

    def __init__(self, title: str, tooltip: str) -> None:
        super().__init__()
        self._title = title
        self.line = QLineEdit()
        self.line.setToolTip(tooltip)
        self.line.textChanged.connect(lambda _: self.changed.emit())
        self.browse = QToolButton()
        self.browse.setText("…")
        self.browse.setToolTip(f"Choose: {title[0].lower()}{title[1:]}")
        self.browse.clicked.connect(self._choose)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, stretch=1)
        layout.addWidget(self.browse)

    @property
    def text(self) -> str:
        """The path as it stands in the line."""
        return self.line.text().strip()

    def set_text(self, text: str) -> None:
        """Put a path into the line."""
        self.line.setText(text)
        self.line.setCursorPosition(0)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self._title, self.text)
        if chosen:
            self.set_text(chosen)
