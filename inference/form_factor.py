"""The form factor of a frame's skyrmions: how strong each wave is in one of them, on average.

The power spectrum mixes three things: where the skyrmions are, what each looks like, and what the
microscope passes. They part once the places are known: of I = S T F (`skyrmion_waves`), F is that
of Mz in one skyrmion, and falls the faster with q the larger it is (docs/decisions/0016).
"""

from __future__ import annotations

import math

import numpy as np

from .frame_parts import FrameParts
from .skyrmion_waves import BANDS, NOTHING, Explanation, SeenWaves
from .transfer import Lens, tilted_response

_FEW = 3
"""With fewer skyrmions there is no form factor."""

_OTHER_DEFOCUSES = (0.925, 1.075)
"""Over the told one. Where it is wrong, a wave near a zero of T has the wrong sign, and another T
explains more of the frame's power: so an image shows how far off its defocus was told."""

_OF_A_DEFOCUS = BANDS + 2

FORM_FACTOR = (1 + len(_OTHER_DEFOCUSES)) * _OF_A_DEFOCUS + 1
"""Length of `describe_form_factor`."""


def describe_form_factor(
    parts: FrameParts, lens: Lens, defocus_nm: float, tilt_deg: float, nominal_defocus_nm: float
) -> np.ndarray:
    """Return the form factor in each band over the mean one, and what goes with it.

    Behind the bands stand the share of the frame's power that S T F explains with one F for all
    bands, and the logarithm of that F; then the logarithm of the number of skyrmions per um^2. Then
    bands, share and F once more for each of `_OTHER_DEFOCUSES`, with the same S. All zero where
    hardly a skyrmion is seen.

    Parameters
    ----------
    parts
        Of a normalised frame in the engine's geometry: tilt axis along x, not foreshortened.
    lens, defocus_nm, tilt_deg
        Of the frame, as far as anyone knows.
    nominal_defocus_nm
        The engine's, which the bands go by.

    Returns
    -------
    float32 (FORM_FACTOR,).
    """
    waves = SeenWaves(parts, nominal_defocus_nm)
    nothing = np.zeros(FORM_FACTOR, np.float32)
    if not waves:
        return nothing
    told, *others = (
        tilted_response(waves.qx, waves.qy, lens, factor * defocus_nm, tilt_deg)
        for factor in (1.0, *_OTHER_DEFOCUSES)
    )
    structures, count = waves.structures(told)
    if count < _FEW:
        return nothing
    of_told, *of_others = (waves.explained(structures, transfer) for transfer in (told, *others))
    if of_told is NOTHING:
        return nothing
    area_um2 = len(structures) * np.prod(parts.shape) * parts.pixel_nm**2 * 1e-6
    density = [math.log(count / area_um2)]
    described = [_numbers(of_told), density, *map(_numbers, of_others)]
    return np.concatenate(described).astype(np.float32)


def _numbers(explanation: Explanation) -> np.ndarray:
    """Return the form factor, share and ln F, all zero of `NOTHING`."""
    if explanation is NOTHING:
        return np.zeros(_OF_A_DEFOCUS)
    return np.concatenate([explanation.form, [explanation.share, math.log(explanation.mean)]])
