"""What makes a frame doubtful as a whole, in a number and in words."""

from __future__ import annotations

import numpy as np

from .other_optics import OTHER_OPTICS, OpticsSeen
from .reliability import Reliability
from .spectrum import power_over_noise
from .told import spectrum_of

_MOST = 0.5
"""Share of a frame's power that optics must explain to be named: pure noise has a third of it."""

_LEAST = 2.0
"""Times the power of noise that a frame has to have: noise alone of 256 x 256 pixels has 1.3 to 2,
films with noise as strong as the image's mean have 8 and more."""

_MOST_SATURATED = 0.02
"""Share of a frame's pixels; in training at most one in a hundred is, as in the authors' images."""

_MOST_STRIPED = 0.1
"""Share of the area found. In lattices stripes, two skyrmions that touch, take a few thousandths of
it; from a tenth on the sample is in another phase, and what is not a stripe may soon be one."""


def doubts_about(
    reliability: Reliability,
    known: np.ndarray | None,
    confidence: float,
    optics: OpticsSeen | None,
    saturated: float = 0.0,
    striped: float = 0.0,
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
    saturated
        See `saturated_fraction`.
    striped
        Share of the area of all that was found which stripes take.

    Returns
    -------
    The number is None from an engine that cannot tell, and of a constant frame.
    """
    found, sentences = [], []
    if known is not None:
        over_noise = power_over_noise(spectrum_of(known))
        if over_noise < _LEAST:
            sentences.append(
                "nothing in the frame stands out of its noise: vacuum, no beam, too few electrons, "
                "or a film without texture"
            )
        if reliability.familiarity is not None:
            judged = reliability.familiarity.unfamiliarity(
                known[np.newaxis], np.array([confidence])
            )
            found += [
                float(judged[0]),
                _LEAST / over_noise,
                saturated / _MOST_SATURATED,
                striped / _MOST_STRIPED,
            ]
    if optics is not None and (contradicted := reliability.contradicted(optics)) is not None:
        name, excess = contradicted
        found.append(excess)
        if excess > 1 and optics.others[name] > max(_MOST, optics.told):
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
