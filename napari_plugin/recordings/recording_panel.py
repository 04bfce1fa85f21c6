"""The tab to open a recording or images, to analyse them, and to save what is there."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from ...inference.engine_store import list_engines
from ...stream.files import SUFFIXES
from ...stream.recording.layout import stem
from ..buttons import push_button

_SUITING = "the engine that suits"
_STEPS = 1000


class RecordingPanel(QWidget):
    """Controls; what they do is up to whoever listens to the signals."""

    opened = Signal(list)
    closed = Signal()
    analysis_asked = Signal(object)
    movie_asked = Signal(object)
    tables_asked = Signal(object)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.path = QLineEdit()
        self.path.setPlaceholderText("recording, or images")
        self.path.setToolTip("Folder of a recording, an image file, or a folder of image files")
        self.path.returnPressed.connect(self._open_typed)
        self.folder = push_button(
            "Folder…", "Open a recording, or a folder of images such as Gatan's", self._ask_folder
        )
        self.files = push_button("Files…", "Open image files or stacks", self._ask_files)
        self.info = QLabel()
        self.info.setWordWrap(True)
        self.info.setToolTip("What is open, and which engine has found its skyrmions")
        self.engine = QComboBox()
        self.engine.setToolTip("Which engine analyses; the guide says what each is for")
        self.analyse = push_button(
            "Analyse",
            "Find the skyrmions with this engine, into a new recording beside the old one.\n"
            "The old one stays as it is, and the frames take no space twice.",
            lambda: self.analysis_asked.emit(self.engine.currentData()),
        )
        self.movie = push_button(
            "Movie…", "Save all frames with outlines and scale bar as MP4", self._ask_movie
        )
        self.tables = push_button(
            "Tables…", "Save all skyrmions and all frames as CSV and Parquet", self._ask_tables
        )
        self.close_run = push_button("Close", "Close the recording", self.closed.emit)
        self.bar = QProgressBar()
        self.bar.setToolTip("How far it is")
        self.bar.setMaximum(_STEPS)
        self.cancel = push_button(
            "Cancel", "Stop it; nothing half done is left", self.cancelled.emit
        )
        self.message = QLabel()
        self.message.setWordWrap(True)
        self._lay_out()
        self.show_open("", is_recording=False)
        self.show_task(None, None)
        self.say("")

    def _lay_out(self) -> None:
        top, task, grid = QHBoxLayout(), QHBoxLayout(), QGridLayout()
        top.addWidget(self.path, stretch=1)
        top.addWidget(self.folder)
        top.addWidget(self.files)
        grid.addWidget(self.engine, 0, 0, 1, 2)
        grid.addWidget(self.analyse, 0, 2)
        for column, button in enumerate((self.movie, self.tables, self.close_run)):
            grid.addWidget(button, 1, column)
            grid.setColumnStretch(column, 1)
        task.addWidget(self.bar, stretch=1)
        task.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.info)
        layout.addLayout(grid)
        layout.addLayout(task)
        layout.addWidget(self.message)

    def show_open(self, info: str, *, is_recording: bool) -> None:
        """Describe what is open, an empty text for nothing, and offer what can be done with it."""
        self.info.setText(info)
        for control in (self.info, self.engine, self.analyse, self.close_run):
            control.setVisible(bool(info))
        for control in (self.movie, self.tables):
            control.setVisible(is_recording)
        if info and not self.engine.count():
            self.engine.addItem(_SUITING, None)
            for name in list_engines():
                self.engine.addItem(name, name)

    def show_task(self, title: str | None, progress: float | None) -> None:
        """Show how far a task is; None as title for no task, as progress where it is not known."""
        busy = title is not None
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        for button in (self.analyse, self.movie, self.tables):
            button.setEnabled(not busy)
        self.bar.setMaximum(0 if progress is None else _STEPS)  # 0: it moves, to show it is alive
        if progress is not None:
            self.bar.setValue(round(_STEPS * min(progress, 1.0)))
        self.bar.setFormat(f"{title} %p%" if title else "")

    def say(self, text: str) -> None:
        """Show a sentence below the controls, an empty one for none."""
        self.message.setText(text)
        self.message.setVisible(bool(text))

    def _open_typed(self) -> None:
        text = self.path.text().strip().strip('"')
        if text:
            self.opened.emit([Path(text).expanduser()])

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Open a recording or a folder of images")
        if chosen:
            self.opened.emit([Path(chosen)])

    def _ask_files(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        chosen, _ = QFileDialog.getOpenFileNames(self, "Open images", "", f"Images ({kinds})")
        if chosen:
            self.opened.emit([Path(name) for name in chosen])

    def _ask_movie(self) -> None:
        name = f"{self._stem()}.mp4"
        chosen, _ = QFileDialog.getSaveFileName(self, "Save a movie", name, "MP4 (*.mp4)")
        if chosen:
            self.movie_asked.emit(Path(chosen).with_suffix(".mp4"))

    def _ask_tables(self) -> None:
        name = f"{self._stem()}-export"
        chosen, _ = QFileDialog.getSaveFileName(self, "New folder for the tables", name)
        if chosen:
            self.tables_asked.emit(Path(chosen))

    def _stem(self) -> str:
        path = Path(self.path.text())
        return str(path.with_name(stem(path)))
