"""Whether a frame shows other optics than those that are told of it.

A defocus of the wrong sign, or a tilt axis that lies elsewhere, makes images that look ordinary, in
which a network finds something between the skyrmions. But where skyrmions are and what each looks
like must fit together (`skyrmion_waves`), and they do best under the optics that were there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from .frame_parts import FrameParts
from .skyrmion_waves import SeenWaves
from .transfer import Lens, tilted_response

_PARTS = 2
"""Of a large frame: what is asked here is far off, and so soon seen."""


class Optics(NamedTuple):
    """Optics that a frame may have been taken under, beside those told of it.

    Attributes
    ----------
    words
        What is then the case.
    defocus_factor
        Of the defocus told.
    is_across
        Whether the tilt axis lies at right angles to the one told.
    """

    words: str
    defocus_factor: float = 1.0
    is_across: bool = False


AS_TOLD = Optics("what was told")
_SIDEWAYS = "a tilt axis at right angles to the one told"
OTHER_OPTICS: Mapping[str, Optics] = {
    "inverted": Optics(
        "a defocus of the other sign, a tilt of the other sense or a sample magnetised against the "
        "beam",
        -1.0,
    ),
    "half": Optics("half the defocus told", 0.5),
    "twice": Optics("twice the defocus told", 2.0),
    "across": Optics(_SIDEWAYS, is_across=True),
    "across, reversed": Optics(_SIDEWAYS, -1.0, is_across=True),
}
"""What may be wrong, by a short name."""


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


class OpticsJudge(BaseModel):
    """How much like frames under one of `OTHER_OPTICS` a frame looks, and unlike those told right.

    A linear discriminant of the shares that both explain: 0 for the usual frame that is told right,
    1 for one that the other optics are to be suspected of (docs/decisions/0034).

    Attributes
    ----------
    intercept
        At shares of 0.
    told, other
        Weights of both shares.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    intercept: float
    told: float
    other: float

    def suspicion(self, told: float, other: float) -> float:
        """Return it, of the shares that what was told and the other optics explain."""
        return self.intercept + self.told * told + self.other * other


def optics_seen(
    parts: FrameParts, lens: Lens, defocus_nm: float, tilt_deg: float, nominal_defocus_nm: float
) -> OpticsSeen | None:
    """Return what a frame shows of its optics, None where it shows no waves that could.

    For the parameters see `describe_form_factor`.
    """
    waves = SeenWaves(parts.some(_PARTS), nominal_defocus_nm)
    if not waves:
        return None

    def share(optics: Optics) -> float:
        along, over = (waves.qy, waves.qx) if optics.is_across else (waves.qx, waves.qy)
        transfer = tilted_response(along, over, lens, optics.defocus_factor * defocus_nm, tilt_deg)
        structures, count = waves.structures(transfer)
        return waves.explained(structures, transfer).share if count else 0.0

    others = {name: share(optics) for name, optics in OTHER_OPTICS.items()}
    return OpticsSeen(share(AS_TOLD), others)
