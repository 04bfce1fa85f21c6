"""The tab that starts a run on this computer, and steers it while it goes on."""

from __future__ import annotations

import os
from pathlib import Path

from qtpy.QtCore import Qt, QTimer, Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...stream.status import disk_free_bytes
from ..background import in_background
from ..group import Group
from ..words import bytes_in_words
from .choices import RunChoices, remembered
from .image_fields import ImageFields
from .local_run import RunState
from .path_entry import FolderEntry
from .source_fields import SourceFields

_DISK_EVERY_MS = 3000


class RunPanel(QWidget):
    """Choices before a run, buttons during it; it tells and decides nothing."""

    start_wanted = Signal()
    stop_wanted = Signal()
    record_wanted = Signal()
    log_wanted = Signal()
    _disk_seen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        #: Address for the results, None for the usual one; for programs, it has no control.
        self.publish: str | None = None
        self._bad_colour = "orange"
        self._build_choices()
        self._build_buttons()
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setToolTip("What the run says")
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        for part in (self.choices, self.steering, self.message):
            layout.addWidget(part)
        self.set_choices(remembered())
        self.show_state(None)
        self._disk_seen.connect(self._show_disk)
        self._disk_timer = QTimer(self)
        self._disk_timer.setInterval(_DISK_EVERY_MS)
        self._disk_timer.timeout.connect(self._look_at_disk)
        self._disk_timer.start()
        self._look_at_disk()

    def _build_choices(self) -> None:
        self.choices = QWidget()
        self.source = SourceFields()
        self.source.entered.connect(self.start_wanted)
        self.image = ImageFields()
        self.record = QCheckBox("Record in")
        self.record.setToolTip(
            "Record every frame and result, in a new folder named by date and time.\n"
            "What is not recorded is lost for ever."
        )
        self.record.toggled.connect(self._follow_record)
        self.recordings = FolderEntry(
            "Folder for the recordings", "Folder in which every recording gets one of its own"
        )
        self.recordings.changed.connect(self._look_at_disk)
        self.disk = QLabel()
        self.disk.setToolTip("Space where the recordings go")
        self.start = QPushButton("Start")
        self.start.setToolTip("Start a run on this computer; it publishes what this widget shows")
        self.start.clicked.connect(self.start_wanted)
        grid = QGridLayout(self.choices)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.source, 0, 0, 1, 2)
        grid.addWidget(self.record, 1, 0)
        grid.addWidget(self.recordings, 1, 1)
        image = Group("What is known of the images", self.image, open_at_first=False)
        grid.addWidget(image, 2, 0, 1, 2)
        bottom = QHBoxLayout()
        bottom.addWidget(self.disk, stretch=1)
        bottom.addWidget(self.start)
        grid.addLayout(bottom, 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def _build_buttons(self) -> None:
        self.steering = QWidget()
        self.record_button = QPushButton()
        self.record_button.clicked.connect(self.record_wanted)
        self.stop = QPushButton()
        self.stop.clicked.connect(self.stop_wanted)
        self.log = QPushButton("Log")
        self.log.setToolTip("Show everything that the run has written")
        self.log.clicked.connect(self.log_wanted)
        row = QHBoxLayout(self.steering)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.record_button, stretch=1)
        row.addWidget(self.stop, stretch=1)
        row.addWidget(self.log)

    def chosen(self, engine: str | None) -> RunChoices:
        """Return what the controls say, with `engine`."""
        return RunChoices(
            source=self.source.kind,
            listen=self.source.listen.text().strip(),
            detector=self.source.detector.text().strip(),
            folder=self.source.folder.text,
            keys=self.source.keys.text,
            image=self.image.known,
            record=self.record.isChecked(),
            recordings=self.recordings.text,
            engine=engine,
            publish=self.publish,
        )

    def set_choices(self, choices: RunChoices) -> None:
        """Let the controls say this."""
        self.source.set_kind(choices.source)
        self.source.listen.setText(choices.listen)
        self.source.detector.setText(choices.detector)
        self.source.folder.set_text(choices.folder)
        self.source.keys.set_text(choices.keys)
        self.image.set_known(choices.image)
        self.record.setChecked(choices.record)
        self.recordings.set_text(choices.recordings)
        self._follow_record()

    def show_state(self, state: RunState | None) -> None:
        """Show how the run stands; None before the first."""
        going = state is not None and state.phase != "ended"
        self.choices.setVisible(not going)
        self.steering.setVisible(going)
        self.say(
            "" if state is None else self._words(state), bad=state is not None and state.failed
        )
        state = state or RunState()
        running, stopping = state.phase == "running", state.phase == "stopping"
        self.record_button.setEnabled(running)
        recording = state.recording is not None
        self.record_button.setText("■  Stop recording" if recording else "●  Record")
        self.record_button.setToolTip(
            "End this recording when its frames are analysed; the run goes on, unrecorded"
            if recording
            else "Record from now on, in a new folder named by date and time"
        )
        self.stop.setText("Leave the rest" if stopping else "Stop the run")
        self.stop.setToolTip(
            "End at once: recorded frames without result wait for a replay"
            if stopping
            else "Take in what has come, finish its analysis, and end"
        )

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a message below the controls."""
        self.message.setText(text)
        self.message.setProperty("bad", bad)
        self.message.setStyleSheet(f"color: {self._bad_colour};" if bad else "")
        self.message.setVisible(bool(text))

    def set_warning_colour(self, colour: str) -> None:
        """Show bad news in this colour."""
        self._bad_colour = colour
        self.say(self.message.text(), bad=bool(self.message.property("bad")))

    def show_log(self, text: str) -> None:
        """Open a window with everything that the run has written."""
        window = QPlainTextEdit(text or "The run has written nothing.", self)
        window.setWindowFlag(Qt.WindowType.Window)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.setWindowTitle("Log of the run")
        window.setReadOnly(True)
        window.resize(800, 400)
        window.show()

    def _words(self, state: RunState) -> str:
        if state.phase != "running" or state.failed:
            return state.message
        if state.recording is None:
            return f"Frames from {state.source}. Not recorded."
        return f"Frames from {state.source}. Recording in {Path(state.recording).name}."

    def _follow_record(self) -> None:
        self.recordings.setEnabled(self.record.isChecked())
        self._look_at_disk()

    def _look_at_disk(self) -> None:
        """Ask how much space is left; a network drive may take its time to answer."""
        folder = self.recordings.text
        if self.choices.isVisibleTo(self) and folder:
            in_background("skyrmlive disk", lambda: _space(folder), self._disk_seen.emit)

    def _show_disk(self, free: int | None) -> None:
        if not self.record.isChecked():
            self.disk.setText("Nothing will be recorded")
        elif free is None:
            self.disk.setText("")
        else:
            self.disk.setText(f"{bytes_in_words(free)} of disk left")


def _space(folder: str) -> int | None:
    """Return the bytes left where `folder` is or will be."""
    path = Path(os.path.abspath(Path(folder).expanduser()))
    while not path.exists() and path != path.parent:
        path = path.parent
    return disk_free_bytes(path)
