"""How far a frame is from the condition its engine was made for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..stream.frame import FrameMetadata
from .condition import ImagingCondition, Range
from .geometry import tilt_of

_IN_WORDS = {
    "pixel_size_nm": "pixel size",
    "tilt_axis_deg": "direction of the tilt axis",
    "tilt_x_deg": "tilt",
    "tilt_y_deg": "tilt",
    "defocus_nm": "defocus",
}


@dataclass(frozen=True)
class Quantity:
    """One quantity of a frame beside the engine's range.

    Attributes
    ----------
    name, unit
        As people say it.
    value
        Of the frame, in `unit`.
    low, high
        The engine's range, in `unit`.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float

    @property
    def outside(self) -> float:
        """How far the value is outside the range, in `unit`; 0 inside."""
        tolerance = 1e-9 * max(abs(self.low), abs(self.high))
        distance = max(self.low - self.value, self.value - self.high)
        return distance if distance > tolerance else 0.0


def contrast_is_inverted(metadata: FrameMetadata, condition: ImagingCondition) -> bool:
    """Tell whether the frame's defocus has the opposite sign to the engine's.

    In the weak-phase limit the image is then that of the engine's sign with inverted contrast.
    """
    defocus_nm = metadata.defocus_nm
    return defocus_nm is not None and defocus_nm * condition.defocus_nm < 0


def known_quantities(metadata: FrameMetadata, condition: ImagingCondition) -> list[Quantity]:
    """Return what the frame says about itself, beside the engine's envelope."""
    envelope = condition.envelope
    found: list[Quantity] = []

    def add(name: str, unit: str, value: float | None, limits: Range, factor: float = 1) -> None:
        if value is not None:
            found.append(
                Quantity(name, unit, value * factor, limits.low * factor, limits.high * factor)
            )

    defocus_nm = metadata.defocus_nm
    if defocus_nm is not None and contrast_is_inverted(metadata, condition):
        defocus_nm = -defocus_nm  # the sign has a warning of its own
    add("voltage", "kV", metadata.voltage_kv, envelope.voltage_kv)
    add("defocus", "mm", defocus_nm, envelope.defocus_nm, 1e-6)
    add("tilt", "degrees", tilt_of(metadata).tilt_deg, envelope.tilt_deg)
    add("pixel size", "nm", metadata.pixel_size_nm, envelope.pixel_size_nm)
    return found


def optics_are_inside(metadata: FrameMetadata, condition: ImagingCondition) -> bool:
    """Tell whether defocus and tilt, as far as they are known, lie in the engine's envelope."""
    quantities = known_quantities(metadata, condition)
    return not any(each.outside for each in quantities if each.name in ("defocus", "tilt"))


def condition_warnings(metadata: FrameMetadata, condition: ImagingCondition) -> list[str]:
    """Say which quantity lies outside the engine's envelope and by how much, and what is unknown.

    Returns
    -------
    list of str
        One phrase each, empty when the frame is known to lie inside.
    """
    warnings: list[str] = []
    if contrast_is_inverted(metadata, condition):
        warnings.append(
            f"defocus {_number((metadata.defocus_nm or 0) * 1e-6)} mm has the opposite sign to the "
            f"engine's {_number(condition.defocus_nm * 1e-6)} mm: the contrast was inverted"
        )
    for quantity in known_quantities(metadata, condition):
        if quantity.outside:
            text = (
                f"{quantity.name} {_number(quantity.value)} {quantity.unit} is outside the "
                f"engine's {_number(quantity.low)} to {_number(quantity.high)} {quantity.unit} "
                f"by {_number(quantity.outside)}"
            )
            if quantity.name == "pixel size":
                text += f"; the image is resampled to {_number(condition.pixel_size_nm)} nm"
            warnings.append(text)
    if metadata.pixel_size_nm is None:
        warnings.append(
            f"pixel size unknown: the engine's {_number(condition.pixel_size_nm)} nm is assumed to "
            "find skyrmions, and no size in nm is given"
        )
    if metadata.geometry == "camera" and tilt_of(metadata).tilt_deg is None and condition.tilt_deg:
        warnings.append("tilt unknown: its foreshortening is not corrected")
    if metadata.defocus_nm is None:
        warnings.append(
            f"defocus unknown: the engine's {_number(condition.defocus_nm * 1e-6)} mm is assumed"
        )
    if metadata.assumed:
        names = dict.fromkeys(_IN_WORDS.get(name, name) for name in metadata.assumed)
        text = f"assumed, not told by the camera: {', '.join(names)}"
        if "pixel_size_nm" in metadata.assumed:
            text += "; sizes in nm are only as good as that"
        warnings.append(text)
    return warnings


def _number(value: float) -> str:
    """Format with three significant digits, without an exponent for everyday sizes."""
    if value and math.isfinite(value):
        value = round(value, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.10g}"
