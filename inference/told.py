"""What a network is told of a frame beside its pixels."""

from __future__ import annotations

import numpy as np

from ..stream.frame import FrameMetadata
from .condition import ImagingCondition
from .condition_check import contrast_is_inverted
from .geometry import tilt_of
from .spectrum import DESCRIPTORS, describe_spectrum

TOLD = 2 + DESCRIPTORS
"""How many numbers: defocus in mm, tilt in degrees, and those of `describe_spectrum`."""


def told(image: np.ndarray, metadata: FrameMetadata, condition: ImagingCondition) -> np.ndarray:
    """Return what a network is told of a frame, float32 (TOLD,).

    Parameters
    ----------
    image
        Normalised, in the engine's geometry, float32 (height, width).
    """
    optics = _optics(metadata, condition)
    spectrum = describe_spectrum(image, condition.pixel_size_nm, condition.defocus_nm)
    return np.concatenate([optics, spectrum])


def _optics(metadata: FrameMetadata, condition: ImagingCondition) -> np.ndarray:
    """Return defocus in mm and tilt in degrees, float32 (2,).

    What the frame does not say is the engine's nominal condition; what lies outside the envelope is
    its nearest edge, since a network cannot be asked about what it never saw.
    """
    envelope = condition.envelope
    defocus_nm, tilt_deg = metadata.defocus_nm, tilt_of(metadata).tilt_deg
    if defocus_nm is None:
        defocus_nm = condition.defocus_nm
    elif contrast_is_inverted(metadata, condition):
        defocus_nm = -defocus_nm
    if tilt_deg is None:
        tilt_deg = condition.tilt_deg
    optics = (
        np.clip(defocus_nm, envelope.defocus_nm.low, envelope.defocus_nm.high) * 1e-6,
        np.clip(tilt_deg, envelope.tilt_deg.low, envelope.tilt_deg.high),
    )
    return np.array(optics, np.float32)
