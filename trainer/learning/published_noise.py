"""The noise of the paper's authors: levels relative to an image stretched to [0, 1]."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage

from ..dataset.film_recipe import Interval, PositiveInterval
from .noise import stretched, white, with_gaussian_noise

_Share = Field(ge=0, le=1)


class PublishedNoise(BaseModel):
    """Ranges of the authors' augmentation, and of the noise that they test with.

    Their parameter files name weak noise, blur and a change of gamma, in that order, through which
    their published pairs have gone. Their text names Poisson noise, Gaussian noise and salt and
    pepper.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    processed_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="of the images go through weak noise, blur and change of gamma at all",
    )
    blur_share: float = _Share
    blur_pixels: PositiveInterval = (0.1, 6.0)
    noise_before_blur: Interval = (0.0, 0.14)
    gamma_share: float = Field(default=1.0, ge=0, le=1)
    gamma: PositiveInterval = (0.5, 1.8)

    poisson_share: float = _Share
    poisson_counts: PositiveInterval = (20.0, 2000.0)
    gaussian_percent: float = Field(
        default=120.0, ge=0, description="at most; weak noise is as frequent as strong"
    )
    salt_and_pepper_share: float = _Share
    salt_and_pepper: Interval = (0.0, 0.02)

    def degrade(self, image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        """Return a clean image (height, width) with a random choice of this noise, float32.

        And the standard deviation of its blur in pixels.
        """
        image, blur_px = stretched(image).astype(np.float32), 0.0
        # without a choice nothing is drawn: such recipes give the same images as ever
        is_processed = self.processed_share == 1 or rng.uniform() < self.processed_share
        if is_processed and rng.uniform() < self.blur_share:
            image += rng.uniform(*self.noise_before_blur) * white(image.shape, rng)
            # films are periodic, and so is their image
            blur_px = rng.uniform(*self.blur_pixels)
            image = ndimage.gaussian_filter(image, blur_px, mode="wrap")
        image = image.clip(0, 1)
        if is_processed and rng.uniform() < self.gamma_share:
            image = image ** np.float32(rng.uniform(*self.gamma))
        if rng.uniform() < self.poisson_share:
            counts = np.exp(rng.uniform(*np.log(self.poisson_counts)))
            image = rng.poisson(image * counts).astype(np.float32) / np.float32(counts)
        # the product of two uniform numbers: weak noise is as well represented as strong
        percent = self.gaussian_percent * rng.uniform() * rng.uniform()
        image = with_gaussian_noise(image, percent, rng)
        if rng.uniform() < self.salt_and_pepper_share:
            hit = rng.uniform(size=image.shape) < rng.uniform(*self.salt_and_pepper)
            ends = np.array([image.min(), image.max()], dtype=np.float32)
            image[hit] = rng.choice(ends, int(hit.sum()))
        return image, blur_px
