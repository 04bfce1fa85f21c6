"""Where the frames of a run come from: a camera, a detector of DECTRIS, or files."""

from __future__ import annotations

from typing import cast

from qtpy.QtCore import Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QWidget

from .choices import DEFAULT_DETECTOR, SourceKind, needs_keys
from .path_entry import FolderEntry

_KINDS = (
    ("Camera at", "camera", "A program that sends frames to an address of this computer"),
    ("DECTRIS at", "dectris", "A detector that streams as DECTRIS does (Stream V2)"),
    ("Files in", "files", "Image files that a camera program writes into a folder"),
)


class SourceFields(QWidget):
    """The kind of source, its address or folder, and the keys where it is on the network."""

    #: Return was pressed in an address.
    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.kind_box = QComboBox()
        for text, kind, _ in _KINDS:
            self.kind_box.addItem(text, kind)
        tips = "\n".join(f"{text.split()[0]}: {tip[0].lower()}{tip[1:]}" for text, _, tip in _KINDS)
        self.kind_box.setToolTip(f"Where frames come from.\n{tips}")
        self.kind_box.currentIndexChanged.connect(self._follow)
        self.listen, self.detector = QLineEdit(), QLineEdit()
        self.listen.setToolTip(
            "Address at which the camera's program sends its frames.\n"
            "tcp://0.0.0.0:5555 takes them from the network as well, and needs keys."
        )
        self.listen.textChanged.connect(lambda _: self._follow())
        self.detector.setPlaceholderText(DEFAULT_DETECTOR)
        self.detector.setToolTip(
            "Address of the detector's control unit with the port of its stream: "
            "31001, unless it was changed"
        )
        for line in (self.listen, self.detector):
            line.returnPressed.connect(self.entered)
        self.folder = FolderEntry(
            "Folder of the camera program", "Folder that the camera program writes its images into"
        )
        self.keys_label = QLabel("Keys in")
        self.keys = FolderEntry(
            "Folder of the keys",
            "Folder of this computer's key and of the cameras that may send.\n"
            "`skyrmlive keys new` and `skyrmlive keys authorise` make it.",
        )
        self.keys.line.setPlaceholderText("the usual folder")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.kind_box, 0, 0)
        for field in (self.listen, self.detector, self.folder):
            grid.addWidget(field, 0, 1)
        grid.addWidget(self.keys_label, 1, 0)
        grid.addWidget(self.keys, 1, 1)
        grid.setColumnStretch(1, 1)
        self._follow()

    @property
    def kind(self) -> SourceKind:
        """Which of the sources is chosen."""
        return cast("SourceKind", self.kind_box.currentData())

    def set_kind(self, kind: SourceKind) -> None:
        """Choose a source."""
        self.kind_box.setCurrentIndex(self.kind_box.findData(kind))

    def _follow(self) -> None:
        kind = self.kind
        self.listen.setVisible(kind == "camera")
        self.detector.setVisible(kind == "dectris")
        self.folder.setVisible(kind == "files")
        with_keys = needs_keys(kind, self.listen.text().strip())
        self.keys_label.setVisible(with_keys)
        self.keys.setVisible(with_keys)
