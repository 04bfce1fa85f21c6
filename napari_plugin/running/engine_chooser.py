"""Which engine analyses: the installed ones, what they are good for, and whether they suit."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt, Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtGui import QTextDocument
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...stream.frame import FrameMetadata
from ..background import in_background
from .engine_facts import AUTOMATIC, EngineFacts, Match, installed_engines, match

_LONG_SECTIONS = ("## Films it learned from", "## Training")
_AUTOMATIC_LINE = "Every frame gets the installed engine that was made for its condition."


class EngineChooser(QWidget):
    """A list of engines with a line on the chosen one, and a warning where it does not suit.

    While another's run is watched it shows that run's engine, which cannot be changed from here.
    """

    #: Name of the engine, None for the one that suits each frame.
    chosen = Signal(object)
    _loaded = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.engines: list[EngineFacts] = []
        self._known: tuple[object, ...] = ()
        self._better: str | None = None
        self._in_use: str | None = None
        self._steered = True
        self.box = QComboBox()
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setMinimumContentsLength(12)
        self.box.addItem(AUTOMATIC, None)
        self.box.setItemData(0, _AUTOMATIC_LINE, Qt.ItemDataRole.ToolTipRole)
        self.box.currentIndexChanged.connect(self._choose)
        self.line = QLabel(_AUTOMATIC_LINE)
        self.warning = QLabel()
        for label in (self.line, self.warning):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.warning.setToolTip("What the frames say about themselves, beside what it learned from")
        self.use_better = QPushButton()
        self.use_better.clicked.connect(self._take_better)
        row = QHBoxLayout()
        row.addWidget(QLabel("Engine"))
        row.addWidget(self.box, stretch=1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        for part in (self.line, self.warning, self.use_better):
            layout.addWidget(part)
        self._show_match(Match())
        self._describe()
        self._loaded.connect(self._list)
        in_background("skyrmlive engines", installed_engines, self._loaded.emit)

    @property
    def engine(self) -> str | None:
        """Name of the chosen engine, None for the one that suits each frame."""
        return self.box.currentData()

    def show_engine(self, name: str | None) -> None:
        """Show that `name` is chosen, without telling anybody."""
        blocker = QSignalBlocker(self.box)
        self.box.setCurrentIndex(max(0, self.box.findData(name)))
        blocker.unblock()
        self._describe()

    def set_steered(self, steered: bool) -> None:
        """Say whether the engine of what is shown can be changed from here."""
        if steered != self._steered:
            self._steered = steered
            self.box.setEnabled(steered)
            self._describe()
            self._known = ()

    def set_warning_colour(self, colour: str) -> None:
        """Show warnings in this colour."""
        self.warning.setStyleSheet(f"color: {colour};")

    def follow(self, engine_id: str, metadata: FrameMetadata) -> None:
        """Hold the frame on the screen against the engine that has analysed it."""
        known = (
            engine_id,
            metadata.defocus_nm,
            metadata.tilt_x_deg,
            metadata.tilt_y_deg,
            metadata.voltage_kv,
            metadata.pixel_size_nm,
            len(self.engines),
        )
        if known == self._known:
            return
        self._known = known
        name = self._in_use = engine_id.partition("@")[0]
        if not self._steered:
            self.show_engine(name)
        self._describe()
        found = self._facts(name)
        if found is None or found.condition is None:
            self._show_match(Match())
        else:
            self._show_match(match(metadata, found.condition, self.engines))

    def _list(self, engines: list[EngineFacts]) -> None:
        self.engines = engines
        for facts in engines:
            self.box.addItem(facts.name, facts.name)
            row = self.box.count() - 1
            self.box.setItemData(row, facts.line, Qt.ItemDataRole.ToolTipRole)
        self._known = ()

    def _choose(self) -> None:
        self._describe()
        self.chosen.emit(self.engine)

    def _facts(self, name: str | None) -> EngineFacts | None:
        return next((facts for facts in self.engines if facts.name == name), None)

    def _describe(self) -> None:
        facts = self._facts(self._in_use if self.engine is None else self.engine)
        if facts is None:
            self.line.setText(_AUTOMATIC_LINE)
        elif self.engine is None:
            self.line.setText(f"Now {facts.name}: {facts.line}")
        else:
            self.line.setText(facts.line)
        card = "" if facts is None else card_in_short(facts.card)
        why = "" if self._steered else "This run is steered elsewhere, with its engine.\n\n"
        tooltip = _as_html(why + card) if card else why + _AUTOMATIC_LINE
        for part in (self.box, self.line):
            part.setToolTip(tooltip)

    def _show_match(self, found: Match) -> None:
        self._better = found.better
        self.warning.setText(found.warning)
        self.warning.setVisible(bool(found.warning))
        self.use_better.setVisible(found.better is not None and self._steered)
        self.use_better.setText(f"Use {found.better}")
        self.use_better.setToolTip(f"Analyse with {found.better} from the next frame on")

    def _take_better(self) -> None:
        row = self.box.findData(self._better)
        if row >= 0:
            self.box.setCurrentIndex(row)


def card_in_short(card: str) -> str:
    """Return a card without its long sections on films and training."""
    kept, skipping = [], False
    for line in card.splitlines():
        if line.startswith("## "):
            skipping = line.startswith(_LONG_SECTIONS)
        if not skipping:
            kept.append(line)
    return "\n".join(kept).strip()


def _as_html(markdown: str) -> str:
    document = QTextDocument()
    document.setMarkdown(markdown)
    return document.toHtml()
