"""Controls of the picture: colours, layers and filters."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from .colouring import COLOURINGS
from .filters import Filters
from .layers import BONDS, CENTRES, FIVE_FOLD, OUTLINES, SEVEN_FOLD, TAILS
from .legend import Legend
from .view import View

#: Text, tooltip, and the layers of each switch.
SWITCHES = (
    ("Outlines", "Outlines of the skyrmions", (OUTLINES,)),
    ("Tails", "Where the skyrmions have been lately (T in the picture)", (TAILS,)),
    ("Centres", "Magnetic centres of the skyrmions (P in the picture)", (CENTRES,)),
    (
        "Defects",
        "Where the lattice is not sixfold (D in the picture):\n"
        "orange triangles have five neighbours or fewer, blue squares seven or more",
        (FIVE_FOLD, SEVEN_FOLD),
    ),
    ("Bonds", "Lines between neighbours", (BONDS,)),
)


class DisplayPanel(QWidget):
    """What is drawn, and how; it tells the widget and decides nothing."""

    colouring_chosen = Signal(str)
    switched = Signal(str, bool)
    filters_chosen = Signal(Filters)

    def __init__(self) -> None:
        super().__init__()
        self.colour_by = QComboBox()
        self.colour_by.setToolTip("What the colour of an outline tells (C in the picture)")
        for key, name in COLOURINGS.items():
            self.colour_by.addItem(name, key)
        self.colour_by.currentIndexChanged.connect(self._choose_colouring)
        self.legend = Legend()
        self.switches: dict[str, QCheckBox] = {}
        grid = QGridLayout()
        for number, (text, tooltip, names) in enumerate(SWITCHES):
            box = QCheckBox(text)
            box.setToolTip(tooltip)
            box.toggled.connect(lambda on, names=names: self._switch(names, on))
            self.switches[text] = box
            grid.addWidget(box, number // 3, number % 3)

        self.confidence = _number("Hide skyrmions of a lower confidence; 0 hides none", 1.0, 0.05)
        self.smallest = _number("Hide skyrmions of a smaller diameter", 100_000.0, 1.0)
        self.largest = _number("Hide skyrmions of a larger diameter", 100_000.0, 1.0)
        for box in (self.smallest, self.largest):
            box.setSpecialValueText("any")
            box.setDecimals(1)
        self.border, self.stripes = QCheckBox("Hide at border"), QCheckBox("Hide stripes")
        self.border.setToolTip("Hide skyrmions that touch the border of the frame")
        self.stripes.setToolTip("Hide domains that are much longer than wide")
        for box in (self.confidence, self.smallest, self.largest):
            box.valueChanged.connect(self._choose_filters)
        for box in (self.border, self.stripes):
            box.toggled.connect(self._choose_filters)

        sizes, hidden = QHBoxLayout(), QHBoxLayout()
        sizes.addWidget(self.smallest, stretch=1)
        sizes.addWidget(self.largest, stretch=1)
        hidden.addWidget(self.border)
        hidden.addWidget(self.stripes)
        colours, form = QFormLayout(), QFormLayout()
        colours.addRow("Colour by", self.colour_by)
        form.addRow("Confidence from", self.confidence)
        form.addRow("Diameter from, to", sizes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 0, 0, 0)
        for part in (colours, self.legend, grid, form, hidden):
            if isinstance(part, QWidget):
                layout.addWidget(part)
            else:
                layout.addLayout(part)

    def follow(self, view: View) -> None:
        """Show the present colouring and its scale, and the unit of diameters."""
        index = self.colour_by.findData(view.colour_by)
        if index != self.colour_by.currentIndex():
            blocker = QSignalBlocker(self.colour_by)
            self.colour_by.setCurrentIndex(index)
            blocker.unblock()
        self.legend.show_scale(view.colour_by, view.limits, view.unit)
        for box in (self.smallest, self.largest):
            if box.suffix() != f" {view.unit}":
                box.setSuffix(f" {view.unit}")

    def show_switch(self, name: str, on: bool) -> None:
        """Show that the layer `name` is on or off."""
        for text, _, names in SWITCHES:
            if name in names:
                blocker = QSignalBlocker(self.switches[text])
                self.switches[text].setChecked(on)
                blocker.unblock()

    def filters(self) -> Filters:
        """Return what the controls say."""
        return Filters(
            min_confidence=self.confidence.value(),
            min_diameter=self.smallest.value() or None,
            max_diameter=self.largest.value() or None,
            hide_border=self.border.isChecked(),
            hide_stripes=self.stripes.isChecked(),
        )

    def _choose_colouring(self) -> None:
        self.colouring_chosen.emit(self.colour_by.currentData())

    def _choose_filters(self) -> None:
        self.filters_chosen.emit(self.filters())

    def _switch(self, names: tuple[str, ...], on: bool) -> None:
        for name in names:
            self.switched.emit(name, on)


def _number(tooltip: str, maximum: float, step: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setToolTip(tooltip)
    box.setRange(0.0, maximum)
    box.setSingleStep(step)
    return box
