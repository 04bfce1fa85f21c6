"""Whether a frame shows other optics than those that are told of it.

A defocus of the wrong sign, or a tilt axis that lies elsewhere, makes images that look ordinary, in
which a network finds something between the skyrmions. But where skyrmions are and what each looks
like must fit together (`skyrmion_waves`), and they do best under the optics that were there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .frame_parts import FrameParts
from .skyrmion_waves import SeenWaves
from .transfer import Lens, tilted_response

_PARTS = 2
"""Of a large frame: what is asked here is far off, and so soon seen."""

Transfer = Callable[[SeenWaves, Lens, float, float], np.ndarray]
"""Returns T of waves, lens, told defocus in nm and told tilt in degrees."""


def _told(waves: SeenWaves, lens: Lens, defocus_nm: float, tilt_deg: float) -> np.ndarray:
    return tilted_response(waves.qx, waves.qy, lens, defocus_nm, tilt_deg)


def _inverted(waves: SeenWaves, lens: Lens, defocus_nm: float, tilt_deg: float) -> np.ndarray:
    return -_told(waves, lens, defocus_nm, tilt_deg)


def _half(waves: SeenWaves, lens: Lens, defocus_nm: float, tilt_deg: float) -> np.ndarray:
    return _told(waves, lens, 0.5 * defocus_nm, tilt_deg)


def _twice(waves: SeenWaves, lens: Lens, defocus_nm: float, tilt_deg: float) -> np.ndarray:
    return _told(waves, lens, 2 * defocus_nm, tilt_deg)


def _across(waves: SeenWaves, lens: Lens, defocus_nm: float, tilt_deg: float) -> np.ndarray:
    return tilted_response(waves.qy, waves.qx, lens, defocus_nm, tilt_deg)


def _reversed(waves: SeenWaves, lens: Lens, defocus_nm: float, tilt_deg: float) -> np.ndarray:
    return -_across(waves, lens, defocus_nm, tilt_deg)


_SIDEWAYS = "a tilt axis at right angles to the one told"
OTHER_OPTICS: Mapping[str, tuple[str, Transfer]] = {
    "inverted": (
        "a defocus of the other sign, a tilt of the other sense or a sample magnetised against the "
        "beam",
        _inverted,
    ),
    "half": ("half the defocus told", _half),
    "twice": ("twice the defocus told", _twice),
    "across": (_SIDEWAYS, _across),
    "across, reversed": (_SIDEWAYS, _reversed),
}
"""What may be wrong, in a word and in words, and the transfer that it would have."""


@dataclass(frozen=True)
class OpticsSeen:
    """What share of a frame's power skyrmions explain under the optics told, and under others.

    Attributes
    ----------
    told
        0 to 1.
    others
        For each of `OTHER_OPTICS`.
    """

    told: float
    others: Mapping[str, float]

    def gains(self) -> dict[str, float]:
        """Return by how much more the others explain, each -1 to 1."""
        return {name: share - self.told for name, share in self.others.items()}


def optics_seen(
    parts: FrameParts, lens: Lens, defocus_nm: float, tilt_deg: float, nominal_defocus_nm: float
) -> OpticsSeen | None:
    """Return what a frame shows of its optics, None where it shows no waves that could.

    For the parameters see `describe_form_factor`.
    """
    waves = SeenWaves(parts.some(_PARTS), nominal_defocus_nm)
    if not waves:
        return None

    def share(of: Transfer) -> float:
        transfer = of(waves, lens, defocus_nm, tilt_deg)
        structures, count = waves.structures(transfer)
        return waves.explained(structures, transfer).share if count else 0.0

    others = {name: share(of) for name, (_, of) in OTHER_OPTICS.items()}
    return OpticsSeen(share(_told), others)
