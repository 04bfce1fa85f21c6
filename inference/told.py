"""What a network is told of a frame beside its pixels."""

from __future__ import annotations

import numpy as np

from ..stream.frame import FrameMetadata
from .condition import ImagingCondition
from .condition_check import contrast_is_inverted
from .form_factor import FORM_FACTOR, describe_form_factor
from .frame_parts import FrameParts
from .geometry import tilt_of
from .spectrum import DESCRIPTORS, describe_spectrum
from .transfer import Lens

OPTICS = 4
"""How many numbers of it are of the optics, see `optics`."""

TOLD = OPTICS + DESCRIPTORS + FORM_FACTOR
"""How many numbers: of `optics`, `describe_spectrum` and `describe_form_factor`, in this order."""


def told(parts: FrameParts, metadata: FrameMetadata, condition: ImagingCondition) -> np.ndarray:
    """Return what a network is told of a frame, float32 (TOLD,).

    Parameters
    ----------
    parts
        Of the normalised frame in the engine's geometry.
    """
    return told_of(parts, _optics(metadata, condition), condition, condition.defocus_nm)


def told_of(
    parts: FrameParts, known: np.ndarray, lens: Lens, nominal_defocus_nm: float
) -> np.ndarray:
    """Return what a network is told of an image whose optics are `known`, float32 (TOLD,).

    Parameters
    ----------
    parts
        As of `told`.
    known
        As from `optics`.
    lens
        Of the microscope.
    nominal_defocus_nm
        The engine's.
    """
    form = describe_form_factor(parts, lens, *optics_of(known), nominal_defocus_nm)
    return np.concatenate([known, describe_spectrum(parts, nominal_defocus_nm), form])


def spectrum_of(known: np.ndarray) -> np.ndarray:
    """Return the part of what was told that is from `describe_spectrum`, float32 (DESCRIPTORS,)."""
    return known[OPTICS : OPTICS + DESCRIPTORS]


def optics_of(known: np.ndarray) -> tuple[float, float]:
    """Return the defocus in nm and the tilt in degrees of what was told."""
    defocus_mm, tilt_deg = map(float, known[:2])
    return defocus_mm * 1e6, tilt_deg


def optics(defocus_nm: float, tilt_deg: float, blur_nm: float | None) -> np.ndarray:
    """Return defocus in mm, tilt in degrees, blur in nm and whether it is known, float32 (4,)."""
    blur = (0.0, 0.0) if blur_nm is None else (blur_nm, 1.0)
    return np.array((defocus_nm * 1e-6, tilt_deg, *blur), np.float32)


def _optics(metadata: FrameMetadata, condition: ImagingCondition) -> np.ndarray:
    """Return the optics of a frame.

    A defocus or a tilt that the frame does not say is the engine's nominal one; what lies outside
    the envelope is its nearest edge, since a network cannot be asked about what it never saw. A
    blur that is not said is unknown.
    """
    envelope = condition.envelope
    defocus_nm, tilt_deg = metadata.defocus_nm, tilt_of(metadata).tilt_deg
    if defocus_nm is None:
        defocus_nm = condition.defocus_nm
    elif contrast_is_inverted(metadata, condition):
        defocus_nm = -defocus_nm
    if tilt_deg is None:
        tilt_deg = condition.tilt_deg
    return optics(
        np.clip(defocus_nm, envelope.defocus_nm.low, envelope.defocus_nm.high),
        np.clip(tilt_deg, envelope.tilt_deg.low, envelope.tilt_deg.high),
        _blur_nm(metadata, condition),
    )


def _blur_nm(metadata: FrameMetadata, condition: ImagingCondition) -> float | None:
    """Return the blur, at most the largest of the envelope; None where nobody knows it."""
    if metadata.blur_px is None:
        return None
    # a frame of unknown scale is taken for one of the engine's
    pixel_nm = metadata.pixel_size_nm or condition.pixel_size_nm
    return min(metadata.blur_px * pixel_nm, condition.envelope.blur_nm.high)
