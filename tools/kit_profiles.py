"""Profiles of images across a skyrmion, and what the authors' augmentation does to them.

Their published images went through it: a Gaussian blur, then a change of gamma.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from skyrmlive.trainer.dataset.film_statistics import open_components
from skyrmlive.trainer.learning.noise import stretched

REACH = 32
"""Half the length of a profile in pixels."""

_BLURS = np.arange(0.0, 8.1, 0.5)
_GAMMAS = np.arange(0.6, 1.71, 0.1)


class Augmentation(NamedTuple):
    """A blur in pixels and a gamma."""

    blur: float
    gamma: float

    def of(self, image: np.ndarray) -> np.ndarray:
        """Return an image, periodic as a film's, after it."""
        blurred = ndimage.gaussian_filter(stretched(image), self.blur, mode="wrap")
        return blurred.clip(0, 1) ** self.gamma


NONE = Augmentation(0.0, 1.0)


def mean_profile(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the intensity along x through the skyrmions of a label, averaged over them.

    Averaged, too, from 6 pixels above a label's centre to 6 below it: the lobes of a tilted Neel
    skyrmion lie a few pixels beside its centre. The image's mean is taken off, and the rest scaled
    to a span of 2. Skyrmions closer to the frame than `REACH` are left out.

    Returns
    -------
    Shape (2 * REACH + 1,).
    """
    _, _, centres = open_components(mask)
    whole = ((centres > REACH) & (centres < np.array(mask.shape) - 1 - REACH)).all(axis=1)
    x = np.arange(-REACH, REACH + 1)
    lines = [
        ndimage.map_coordinates(image, [np.full(len(x), cy + dy), cx + x], order=1)
        for cy, cx in centres[whole]
        for dy in (-6, -3, 0, 3, 6)
    ]
    profile = np.mean(lines, axis=0) - image.mean()
    return 2 * profile / np.ptp(profile)


def profile_of_films(
    films: list[tuple[np.ndarray, np.ndarray]], augmentation: Augmentation
) -> np.ndarray:
    """Return the mean profile of films, each an image and a label, after an augmentation."""
    return np.mean([mean_profile(augmentation.of(image), mask) for image, mask in films], axis=0)


def fitted_augmentation(
    profile: np.ndarray, films: list[tuple[np.ndarray, np.ndarray]], half_width: float
) -> Augmentation:
    """Return the augmentation after which the films' profile is closest to `profile`.

    Least squares over the pixels within `half_width` of the centre.
    """
    near = np.abs(np.arange(-REACH, REACH + 1)) < half_width

    def distance(augmentation: Augmentation) -> float:
        return float(np.sum((profile_of_films(films, augmentation) - profile)[near] ** 2))

    candidates = [Augmentation(float(b), float(g)) for b in _BLURS for g in _GAMMAS]
    return min(candidates, key=distance)
