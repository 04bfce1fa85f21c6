"""What makes a frame doubtful as a whole, in a number and in words."""

from __future__ import annotations

import numpy as np

from .other_optics import OTHER_OPTICS, OpticsSeen
from .reliability import Reliability

_MOST = 0.5
"""Share of a frame's power that optics must explain to be named: pure noise has a third of it."""


def doubts_about(
    reliability: Reliability,
    known: np.ndarray | None,
    confidence: float,
    optics: OpticsSeen | None,
) -> tuple[float | None, list[str]]:
    """Return how unlike the training set a frame looks, above 1 unlike, and what to say of that.

    Parameters
    ----------
    reliability
        The engine's.
    known
        What is told of the frame, shape (TOLD,); None of a constant one.
    confidence
        `mean_confidence` of its skyrmions.
    optics
        What it shows of its optics.

    Returns
    -------
    The number is None from an engine that cannot tell, and of a constant frame.
    """
    found, sentences = [], []
    if known is not None and reliability.familiarity is not None:
        judged = reliability.familiarity.unfamiliarity(known[np.newaxis], np.array([confidence]))
        found.append(float(judged[0]))
    if optics is not None and (contradicted := reliability.contradicted(optics)) is not None:
        name, excess = contradicted
        found.append(excess)
        if excess > 1 and optics.others[name] > _MOST:
            sentences.append(
                f"the frame looks like one with {OTHER_OPTICS[name].words}: that explains "
                f"{optics.others[name]:.0%} of it, what was told {optics.told:.0%}"
            )
    unfamiliarity = max(found, default=None)
    if unfamiliarity is not None and unfamiliarity > 1:
        sentences.append(
            "the frame does not look like those the engine was trained on (unfamiliarity "
            f"{unfamiliarity:.1f}, ordinary below 1): check defocus, focus and field of view "
            "before any size is quoted"
        )
    return unfamiliarity, sentences
