"""Frames that no engine was made for: an engine should say that it does not know them.

All but the empty one show a film, with the noise of an ordinary frame, and are handed over as if
they were taken at the engine's nominal setting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ..learning.examples import ExampleSource
from ..learning.noise import stretched, with_gaussian_noise
from .conditions import USUAL_NOISE_PERCENT, Setting

IN_FOCUS_NM = -50e3
ZOOM = 1.5
PATCH_PIXELS = 32
FRINGE_PERIODS_PIXELS = (20.0, 60.0)


@dataclass(frozen=True)
class FilmViews:
    """Clean images of one film at the nominal tilt and any defocus."""

    source: ExampleSource
    film: int
    nominal: Setting

    @cached_property
    def ordinary(self) -> np.ndarray:
        """The image at the nominal setting, float32 (ny, nx)."""
        return self.at(1.0)

    def at(self, factor: float) -> np.ndarray:
        """Return the image at `factor` times the nominal defocus."""
        return self.at_defocus(factor * self.nominal.defocus_nm)

    def at_defocus(self, defocus_nm: float) -> np.ndarray:
        """Return the image at another defocus."""
        return self.source.clean(self.film, defocus_nm, self.nominal.tilt_deg, 0, False)[0]


Kind = Callable[[FilmViews, np.random.Generator], np.ndarray]
"""Makes a frame (ny, nx) of its kind from a film."""


def _noisy(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return with_gaussian_noise(stretched(image), USUAL_NOISE_PERCENT, rng)


def ordinary(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return what the engine is made for; of films of another kind it is none the less new."""
    return _noisy(film.ordinary, rng)


def defocus_twice(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame at twice the defocus."""
    return _noisy(film.at(2.0), rng)


def defocus_half(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame at half the defocus."""
    return _noisy(film.at(0.5), rng)


def in_focus(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame at -50 um, its little contrast stretched."""
    return _noisy(film.at_defocus(IN_FOCUS_NM), rng)


def overfocus(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame at a defocus of the other sign."""
    return _noisy(film.at(-1.0), rng)


def empty_vacuum(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame of nothing."""
    nothing = np.full(film.ordinary.shape, 0.5, np.float32)
    return with_gaussian_noise(nothing, USUAL_NOISE_PERCENT, rng)


def saturated(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame that is cut off 0.3 standard deviations above its median."""
    frame = ordinary(film, rng)
    return np.minimum(frame, np.median(frame) + 0.3 * frame.std())


def axis_turned(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame whose tilt axis lies across the one that is told."""
    return np.ascontiguousarray(np.rot90(ordinary(film, rng)))


def wrong_pixel_size(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame whose pixels are 1.5 times smaller than told: all is so much larger."""
    image = film.ordinary
    height, width = image.shape
    larger = cv2.resize(image, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_CUBIC)
    return _noisy(larger[:height, :width], rng)


def shuffled_patches(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame whose squares of 32 x 32 pixels have changed places."""
    image = ordinary(film, rng)
    rows, columns = (side // PATCH_PIXELS for side in image.shape)
    whole = image[: rows * PATCH_PIXELS, : columns * PATCH_PIXELS]
    patches = whole.reshape(rows, PATCH_PIXELS, columns, PATCH_PIXELS).swapaxes(1, 2)
    shuffled = rng.permutation(patches.reshape(-1, PATCH_PIXELS, PATCH_PIXELS))
    return shuffled.reshape(patches.shape).swapaxes(1, 2).reshape(whole.shape)


def thickness_fringes(film: FilmViews, rng: np.random.Generator) -> np.ndarray:
    """Return a frame with straight fringes across it, as strong as all that the film shows."""
    image = stretched(film.ordinary)
    y, x = np.indices(image.shape, np.float32)
    angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    period = rng.uniform(*FRINGE_PERIODS_PIXELS)
    return _noisy(image + 0.5 * np.sin(2 * np.pi * along / period + phase), rng)


KINDS: Mapping[str, Kind] = {
    "ordinary": ordinary,
    "defocus twice as large": defocus_twice,
    "defocus half": defocus_half,
    "in focus": in_focus,
    "overfocus": overfocus,
    "empty vacuum": empty_vacuum,
    "saturated": saturated,
    "axis turned by 90 degrees": axis_turned,
    "pixel size wrong by 1.5": wrong_pixel_size,
    "shuffled patches": shuffled_patches,
    "thickness fringes": thickness_fringes,
}
"""By name, the ordinary frames first."""
