"""Which of several engines suits a frame best."""

from __future__ import annotations

from collections.abc import Sequence

from ..stream.errors import UserError
from ..stream.frame import FrameMetadata
from .condition import ImagingCondition
from .condition_check import contrast_is_inverted, known_quantities


def choose_engine(
    metadata: FrameMetadata, conditions: Sequence[ImagingCondition]
) -> tuple[ImagingCondition, str]:
    """Return the condition nearest to the frame, and why.

    Nearest is: fewest quantities outside the envelope, then the smallest sum of distances from the
    middle of the envelope, relative to that middle: of the defocus, which the contrast depends on
    most, and of what lies outside. Where in its envelope a tilt or a pixel size lies tells nothing
    of an engine that knows the defocus. An inverted contrast counts as one quantity outside. Ties
    go to the wider of the envelopes that do not hold the frame, and to the first of those that do:
    the order of `conditions` is one of preference.

    Raises
    ------
    UserError
        There is no condition to choose from.
    """
    if not conditions:
        raise UserError("There is no engine to choose from.")

    def distance(condition: ImagingCondition) -> float:
        total = 0.0
        for quantity in known_quantities(metadata, condition):
            if quantity.name != "defocus" and not quantity.outside:
                continue
            middle = (quantity.low + quantity.high) / 2
            total += abs(quantity.value - middle) / max(abs(middle), 1.0)
        return total

    def width(condition: ImagingCondition) -> float:
        return sum(
            (quantity.high - quantity.low) / max(abs(quantity.low + quantity.high) / 2, 1.0)
            for quantity in known_quantities(metadata, condition)
        )

    def badness(condition: ImagingCondition) -> tuple[int, float, float]:
        missed = len(_outside(metadata, condition))
        # the middle of a range is not exact to the last bit
        return missed, round(distance(condition), 6), -width(condition) if missed else 0.0

    best = min(conditions, key=badness)
    known = ", ".join(q.name for q in known_quantities(metadata, best))
    if not known:
        return best, "nothing is known about the frame, so the first engine is taken"
    missed = _outside(metadata, best)
    if missed:
        return best, f"the nearest, although outside in {', '.join(missed)}"
    return best, f"{known} lie inside its envelope"


def is_inside(metadata: FrameMetadata, condition: ImagingCondition) -> bool:
    """Say whether all that is known of a frame lies inside an engine's envelope."""
    return not _outside(metadata, condition)


def _outside(metadata: FrameMetadata, condition: ImagingCondition) -> list[str]:
    names = [q.name for q in known_quantities(metadata, condition) if q.outside]
    if contrast_is_inverted(metadata, condition):
        names.append("sign of the defocus")
    return names
