"""What the operator knows of the images, for frames that do not say it themselves."""

from __future__ import annotations

from qtpy.QtCore import QLocale
from qtpy.QtGui import QDoubleValidator
from qtpy.QtWidgets import QFormLayout, QLineEdit, QWidget

from .choices import KnownImage

_NOT_TOLD = "as the frames say"


class ImageFields(QWidget):
    """Size of a pixel, defocus and tilt; an empty field assumes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.pixel_size_nm = _field(
            "Size of a pixel in nm, assumed where a frame does not say it.\n"
            "Without it there are no sizes in nm.",
            0.0,
        )
        self.defocus_mm = _field(
            "Defocus in mm, negative underfocus, assumed where a frame does not say it.\n"
            "The network is told it, and sizes depend on it.",
        )
        self.tilt_deg = _field(
            "Tilt of the sample in degrees, assumed where a frame does not say it;\n"
            "its foreshortening is undone",
        )
        self.tilt_axis_deg = _field(
            "Direction of the tilt axis in the image in degrees, from right towards down,\n"
            "assumed where a frame does not say it",
        )
        layout = QFormLayout(self)
        layout.setContentsMargins(6, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.addRow("Pixel size (nm)", self.pixel_size_nm)
        layout.addRow("Defocus (mm)", self.defocus_mm)
        layout.addRow("Tilt (°)", self.tilt_deg)
        layout.addRow("Tilt axis (°)", self.tilt_axis_deg)

    @property
    def known(self) -> KnownImage:
        """What the fields say."""
        return KnownImage(
            _number(self.pixel_size_nm),
            _number(self.defocus_mm),
            _number(self.tilt_deg),
            _number(self.tilt_axis_deg),
        )

    def set_known(self, known: KnownImage) -> None:
        """Let the fields say this."""
        for field, value in (
            (self.pixel_size_nm, known.pixel_size_nm),
            (self.defocus_mm, known.defocus_mm),
            (self.tilt_deg, known.tilt_deg),
            (self.tilt_axis_deg, known.tilt_axis_deg),
        ):
            field.setText("" if value is None else f"{value:g}")


def _field(tooltip: str, least: float = -1e6) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText(_NOT_TOLD)
    field.setToolTip(tooltip)
    validator = QDoubleValidator(least, 1e6, 6, field)
    validator.setNotation(QDoubleValidator.Notation.StandardNotation)
    validator.setLocale(QLocale.c())  # a point, whatever the computer's language
    field.setValidator(validator)
    return field


def _number(field: QLineEdit) -> float | None:
    try:
        return float(field.text())
    except ValueError:  # empty, or only a sign so far
        return None
